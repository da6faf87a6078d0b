"""Operators between tasks, as tasks."""

from typing import Any

from flowlib.core.task import Task


class GetItem(Task):
    """``task[key]``."""

    def run(self, task_result: Any, key: Any) -> Any:
        return task_result[key]
