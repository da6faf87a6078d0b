"""FilterTask: results that are wanted, of a list of all."""

from collections.abc import Callable
from typing import Any

from flowlib import triggers
from flowlib.core.task import Task
from flowlib.utilities.context import context


def is_result(value: Any) -> bool:
    """Neither nothing nor a failure."""
    return value is not None and not isinstance(value, Exception)


class FilterTask(Task):
    """Keeps what ``filter_func(result)`` says; by default what is neither None nor an Exception.

    ``log_func(result)`` answers a line for the log for each result that is left out. It runs
    whatever became of the tasks before (trigger all_finished, skip_on_upstream_skip=False).
    """

    def __init__(
        self,
        filter_func: Callable[[Any], bool] | None = None,
        log_func: Callable[[Any], str] | None = None,
        **task_args: Any,
    ) -> None:
        self.filter_func = filter_func or is_result
        self.log_func = log_func
        task_args.setdefault("trigger", triggers.all_finished)
        task_args.setdefault("skip_on_upstream_skip", False)
        super().__init__(**task_args)

    def run(self, task_results: list[Any]) -> list[Any]:
        wanted = []
        for result in task_results:
            if self.filter_func(result):
                wanted.append(result)
            elif self.log_func is not None:
                context.get("logger", self.logger).info(self.log_func(result))
        return wanted
