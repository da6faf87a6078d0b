"""What should exist for a run, and whether its spec may ask for it. Pure: no client, no clock."""
