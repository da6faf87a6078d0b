"""How a flow runs: states, signals, columns of children, chunks."""

from flowlib.engine import signals, state

__all__ = ["signals", "state"]
