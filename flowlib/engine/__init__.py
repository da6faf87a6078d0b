"""How a flow runs: states, signals, columns of children, chunks."""

from flowlib.engine import signals, state
from flowlib.reachable import submodules

__all__ = ["signals", "state"]

__getattr__ = submodules(__name__, "cache_validators", "result", "results", "serializers")
