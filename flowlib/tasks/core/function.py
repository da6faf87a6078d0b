"""A function as a task."""

import functools
from collections.abc import Callable
from typing import Any

from flowlib.core import signature
from flowlib.core.task import Task


class FunctionTask(Task):
    """Runs the function it was made with; made by the ``task`` decorator."""

    _checks_run_signature = False

    def __init__(self, fn: Callable[..., Any], name: str | None = None, **task_args: Any) -> None:
        if not callable(fn):
            raise TypeError(f"A FunctionTask is made of a function, not of {fn!r}.")
        signature.check(fn)
        self.run = fn  # type: ignore[method-assign]  # run is this function, and no method
        super().__init__(name=name or getattr(fn, "__name__", type(self).__name__), **task_args)
        # As a function has them; its own attributes stay its own.
        names = ("__doc__", "__module__", "__name__", "__qualname__")
        functools.update_wrapper(self, fn, assigned=names, updated=())
