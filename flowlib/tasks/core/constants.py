"""A value as a task."""

import reprlib
from typing import Any

from flowlib.core.task import Task
from flowlib.engine.results.constant_result import ConstantResult


class Constant(Task):
    """Answers the value it was made with."""

    def __init__(self, value: Any, name: str | None = None, **task_args: Any) -> None:
        self.value = value
        task_args.setdefault("result", ConstantResult(value))
        super().__init__(name=name or _name(value), **task_args)

    def run(self) -> Any:
        return self.value


def _name(value: Any) -> str:
    # A shortened one of a list of a million items takes no time, and is longer than that anyway.
    text = reprlib.repr(value)
    return text if len(text) <= 8 else f"Constant[{type(value).__name__}]"
