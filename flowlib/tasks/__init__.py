"""Tasks that come with flowlib."""

import flowlib.core  # noqa: F401  first: core makes tasks of values, and tasks are core's
from flowlib.reachable import submodules

__getattr__ = submodules(__name__, "control_flow", "core", "secrets", "shell")
