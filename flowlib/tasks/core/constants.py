"""A value as a task."""

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
    # Only short reprs are wanted: that of a list of a million items would take a while.
    text = repr(value) if isinstance(value, (str, int, float, bool, type(None))) else ""
    return text if 0 < len(text) <= 8 else f"Constant[{type(value).__name__}]"
