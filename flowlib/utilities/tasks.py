"""Making tasks: the decorator, tags, and tasks out of plain values."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, overload

from flowlib.core.task import Task
from flowlib.tasks.core import collections
from flowlib.tasks.core.constants import Constant
from flowlib.tasks.core.function import FunctionTask
from flowlib.utilities.context import context
from flowlib.utilities.edges import EdgeAnnotation

Decorator = Callable[[Callable[..., Any]], FunctionTask]


@overload
def task(fn: Callable[..., Any]) -> FunctionTask: ...
@overload
def task(
    fn: None = None, **task_init_kwargs: Any
) -> Callable[[Callable[..., Any]], FunctionTask]: ...
def task(fn: Callable[..., Any] | None = None, **task_init_kwargs: Any) -> Any:
    """Makes a task of a function: ``@task`` or ``@task(max_retries=2, ...)``."""
    if fn is None:
        return lambda fn: FunctionTask(fn, **task_init_kwargs)
    return FunctionTask(fn, **task_init_kwargs)


@contextmanager
def tags(*names: str) -> Iterator[None]:
    """Adds tags to the tasks that are made or called inside."""
    with context(tags={*context.get("tags", ()), *names}):
        yield


_KINDS: dict[type, type[collections.Collection]] = {
    list: collections.List,
    tuple: collections.Tuple,
    set: collections.Set,
}


def as_task(value: Any, flow: Any = None) -> Task:
    """The value as a task: a Constant, or for a collection that holds tasks one that waits."""
    if isinstance(value, EdgeAnnotation):
        value = value.task
    if isinstance(value, Task):
        return value
    if holds_tasks(value):
        made: Task
        if isinstance(value, dict):
            made = collections.Dict()
            made.bind(flow=flow, keys=list(value), values=list(value.values()))
        else:
            made = _KINDS[type(value)]()
            made.bind(*value, flow=flow)
    else:
        made = Constant(value)
    made.auto_generated = True
    return made


def holds_tasks(value: Any) -> bool:
    """Whether a list, tuple, set or dict, or one inside it, holds a task."""
    if isinstance(value, Task):
        return True
    if type(value) in _KINDS:
        return any(map(holds_tasks, value))
    return type(value) is dict and any(map(holds_tasks, value.values()))
