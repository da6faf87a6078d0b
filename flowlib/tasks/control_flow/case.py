"""case: tasks that run only for one value."""

from contextlib import ExitStack
from typing import Any

from flowlib.core.block import Members
from flowlib.core.task import Task
from flowlib.tasks.control_flow.conditional import CompareValue
from flowlib.utilities.context import context


class case:
    """``with case(task, value):`` the tasks inside run if task's result equals value.

    Else they are skipped. Cases nest. Raises TypeError if value is a task, ValueError if tasks of
    two flows are added inside.
    """

    def __init__(self, task: Any, value: Any) -> None:
        if isinstance(value, Task):
            raise TypeError(
                f"The value of a case is compared with, and cannot be a task: {value!r}. Compare "
                "two tasks with `with case(a.is_equal(b), True):`."
            )
        self.task = task
        self.value = value
        self._members = Members("case")
        self._stack = ExitStack()

    def add_task(self, task: Task, flow: Any) -> None:
        """Called by the flow for each task that is added inside."""
        self._members.add(task, flow)

    def __enter__(self) -> Any:
        self._stack.enter_context(context(case=self))
        return self.task

    def __exit__(self, kind: type[BaseException] | None, *details: Any) -> None:
        self._stack.close()
        flow = self._members.flow
        if kind is not None or flow is None:
            return
        first = self._members.first(flow)
        matches = CompareValue(self.value, name=f"case({self.value})")
        matches.bind(value=self.task, flow=flow)
        for task in first:
            task.set_upstream(matches, flow=flow)
