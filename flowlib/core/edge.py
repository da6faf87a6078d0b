"""An edge: one task waits for another, and may take its result as an argument."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowlib.core.task import Task


class Edge:
    """From upstream_task to downstream_task, as its argument ``key``; mapped: item by item."""

    __slots__ = ("downstream_task", "key", "mapped", "upstream_task")

    def __init__(
        self,
        upstream_task: "Task",
        downstream_task: "Task",
        key: str | None = None,
        mapped: bool = False,
    ) -> None:
        if upstream_task is downstream_task:
            raise ValueError(f"{upstream_task!r} cannot depend on itself.")
        if key is not None and not str(key).isidentifier():
            raise ValueError(f"The key of an edge must be an identifier, not {key!r}.")
        self.upstream_task = upstream_task
        self.downstream_task = downstream_task
        self.key = key
        self.mapped = mapped

    @property
    def tasks(self) -> set["Task"]:
        return {self.upstream_task, self.downstream_task}

    def _identity(self) -> tuple[object, ...]:
        return (self.upstream_task, self.downstream_task, self.key, self.mapped)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Edge) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def __repr__(self) -> str:
        key = f" (key={self.key!r})" if self.key else ""
        return f"<Edge{key}: {self.upstream_task.name} to {self.downstream_task.name}>"
