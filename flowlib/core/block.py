"""A ``with`` block inside a flow's: it takes in the tasks that are added inside."""

from typing import TYPE_CHECKING, Any

from flowlib.core.parameter import Parameter
from flowlib.core.task import Task
from flowlib.tasks.core.constants import Constant

if TYPE_CHECKING:
    from flowlib.core.flow import Flow


class Members:
    """The tasks of one block. Parameters and constants are roots and stay outside."""

    def __init__(self, kind: str, flow: "Flow | None" = None) -> None:
        self._kind = kind
        self.flow = flow
        self.tasks: dict[Task, None] = {}

    def add(self, task: Task, flow: Any) -> None:
        """ValueError if the tasks belong to two flows."""
        if isinstance(task, (Parameter, Constant)):
            return
        self.flow = self.flow or flow
        if self.flow is not flow:
            raise ValueError(f"Multiple flows cannot be used with the same `{self._kind}` block.")
        self.tasks[task] = None

    def first(self, flow: "Flow") -> list[Task]:
        """Those that wait for no other one of the block."""
        return [task for task in self.tasks if flow.upstream_tasks(task).isdisjoint(self.tasks)]

    def last(self, flow: "Flow") -> list[Task]:
        """Those that no other one of the block waits for."""
        return [task for task in self.tasks if flow.downstream_tasks(task).isdisjoint(self.tasks)]
