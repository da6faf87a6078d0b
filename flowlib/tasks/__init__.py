"""Tasks that come with flowlib."""
