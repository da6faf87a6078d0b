"""Prefect 1's public API for flows on Dask.

``from flowlib import Flow, Parameter, task, unmapped``
"""

from flowlib import engine, executors, tasks, triggers
from flowlib.configuration import config
from flowlib.core import Flow, Parameter, Task
from flowlib.utilities.context import context
from flowlib.utilities.edges import mapped, unmapped
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
    "mapped",
    "tags",
    "task",
    "tasks",
    "triggers",
    "unmapped",
]
