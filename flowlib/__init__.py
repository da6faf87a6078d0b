"""Prefect 1's public API for flows on Dask.

``from flowlib import Flow, Parameter, task, unmapped``
"""

import importlib
from typing import TYPE_CHECKING, Any

from flowlib import gone

if TYPE_CHECKING:
    from flowlib import engine, executors, run_configs, schedules, storage, tasks, triggers
    from flowlib.configuration import config
    from flowlib.core import Flow, Parameter, Task
    from flowlib.tasks.control_flow.case import case
    from flowlib.tasks.core.resource_manager import resource_manager
    from flowlib.utilities.context import context
    from flowlib.utilities.edges import flatten, mapped, unmapped
    from flowlib.utilities.tasks import apply_map, tags, task

__version__ = "0.1.0"

__all__ = [
    "Flow",
    "Parameter",
    "Task",
    "apply_map",
    "case",
    "config",
    "context",
    "engine",
    "executors",
    "flatten",
    "mapped",
    "resource_manager",
    "run_configs",
    "schedules",
    "storage",
    "tags",
    "task",
    "tasks",
    "triggers",
    "unmapped",
]

#: Where the names are; imported when first asked for, since a runner must hear SIGTERM before that.
_HOMES = {
    "Flow": "core",
    "Parameter": "core",
    "Task": "core",
    "apply_map": "utilities.tasks",
    "case": "tasks.control_flow",
    "config": "configuration",
    "context": "utilities.context",
    "flatten": "utilities.edges",
    "mapped": "utilities.edges",
    "resource_manager": "tasks.core.resource_manager",
    "tags": "utilities.tasks",
    "task": "utilities.tasks",
    "unmapped": "utilities.edges",
}
_PACKAGES = (
    "client",
    "configuration",
    "core",
    "engine",
    "exceptions",
    "executors",
    "run_configs",
    "schedules",
    "storage",
    "tasks",
    "triggers",
    "utilities",
)


gone.install()


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(importlib.import_module(f"flowlib.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
    if name in _PACKAGES:
        return importlib.import_module(f"flowlib.{name}")
    if (error := gone.missing(name)) is not None:
        raise error
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
