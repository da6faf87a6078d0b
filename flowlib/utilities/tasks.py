"""Making tasks: the decorator, tags, and tasks out of plain values."""

import datetime
import functools
import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, overload

from flowlib.core.apply_map import apply_map
from flowlib.core.task import Task
from flowlib.engine.signals import PAUSE
from flowlib.tasks.core import collections
from flowlib.tasks.core.constants import Constant
from flowlib.tasks.core.function import FunctionTask
from flowlib.utilities.context import context
from flowlib.utilities.edges import EdgeAnnotation

__all__ = [
    "apply_map",
    "as_task",
    "defaults_from_attrs",
    "holds_tasks",
    "pause_task",
    "tags",
    "task",
]

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


def defaults_from_attrs(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """On a ``run`` method: an argument that is not given is the task's attribute of that name.

    An explicit None is given.
    """

    def decorate(run: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(run)

        @functools.wraps(run)
        def run_with_defaults(self: Any, *args: Any, **kwargs: Any) -> Any:
            given = signature.bind_partial(self, *args, **kwargs).arguments
            for name in names:
                if name not in given:
                    kwargs[name] = getattr(self, name)
            return run(self, *args, **kwargs)

        return run_with_defaults

    return decorate


def pause_task(message: str | None = None, duration: datetime.timedelta | None = None) -> None:
    """Inside a task: leaves it Paused, until it is resumed or the duration is over.

    Then the whole body runs again, and this call does nothing.
    """
    if context.get("resume"):
        return
    start_time = None
    if duration is not None:
        start_time = datetime.datetime.now(datetime.UTC) + duration
    raise PAUSE(message or "Pause signal raised during task execution.", start_time=start_time)


_KINDS: dict[type, type[collections.Collection]] = {
    list: collections.List,
    tuple: collections.Tuple,
    set: collections.Set,
}
_COLLECTIONS: set[type] = {dict, *_KINDS}
#: What stands for a task's result in arguments.
_TASKS = (Task, EdgeAnnotation)


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
    """Whether it is a task, or a list, tuple, set or dict that holds one."""
    if isinstance(value, _TASKS):
        return True
    if type(value) is dict:
        items: Iterable[Any] = value.values()
    elif type(value) in _KINDS:
        items = value
    else:
        return False
    # Many items are of few types: what a type rules out is asked once for all of them.
    types = set(map(type, items))
    if any(issubclass(its, _TASKS) for its in types):
        return True
    nested = types & _COLLECTIONS
    return bool(nested) and any(holds_tasks(item) for item in items if type(item) in nested)
