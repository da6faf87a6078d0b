"""Prefect 1's public API for flows on Dask.

``from flowlib import Flow, Parameter, task, unmapped``
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowlib import engine, executors, tasks, triggers
    from flowlib.configuration import config
    from flowlib.core import Flow, Parameter, Task
    from flowlib.utilities.context import context
    from flowlib.utilities.edges import flatten, mapped, unmapped
    from flowlib.utilities.tasks import tags, task

__version__ = "0.1.0"

__all__ = [
    "Flow",
    "Parameter",
    "Task",
    "config",
    "context",
    "engine",
    "executors",
    "flatten",
    "mapped",
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
    "config": "configuration",
    "context": "utilities.context",
    "flatten": "utilities.edges",
    "mapped": "utilities.edges",
    "tags": "utilities.tasks",
    "task": "utilities.tasks",
    "unmapped": "utilities.edges",
}
_PACKAGES = (
    "core",
    "engine",
    "exceptions",
    "executors",
    "schedules",
    "tasks",
    "triggers",
    "utilities",
)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(importlib.import_module(f"flowlib.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
    if name in _PACKAGES:
        return importlib.import_module(f"flowlib.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
