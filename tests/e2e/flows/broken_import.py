"""Raises while it is imported."""

from flowlib import Flow

with Flow("broken") as flow:
    raise LookupError("no such table: orders")
