"""A new attempt takes over what an earlier one has finished: docs/decisions/0050."""
