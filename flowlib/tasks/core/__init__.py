"""The tasks that a flow makes by itself: constants, collections, functions, items."""

from flowlib.reachable import submodules

__getattr__ = submodules(
    __name__, "collections", "constants", "function", "operators", "resource_manager"
)
