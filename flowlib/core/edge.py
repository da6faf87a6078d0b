"""An edge: one task waits for another, and may take its result as an argument."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowlib.core.flow import Flow
    from flowlib.core.task import Task


class Edge:
    """From upstream_task to downstream_task, as its argument ``key``; mapped: item by item.

    flattened: one level of nesting is taken away first. Raises ValueError for an edge from a task
    to itself, and for a key that is no identifier.
    """

    __slots__ = ("downstream_task", "flattened", "key", "mapped", "upstream_task")

    def __init__(
        self,
        upstream_task: Any,
        downstream_task: Any,
        key: str | None = None,
        mapped: bool = False,
        flattened: bool = False,
        flow: "Flow | None" = None,
    ) -> None:
        from flowlib.utilities.tasks import as_task  # it makes tasks, which know edges

        upstream_task = as_task(upstream_task, flow=flow)
        downstream_task = as_task(downstream_task, flow=flow)
        if upstream_task is downstream_task:
            raise ValueError(f"{upstream_task!r} cannot depend on itself.")
        if key is not None and not str(key).isidentifier():
            raise ValueError(f"The key of an edge must be an identifier, not {key!r}.")
        self.upstream_task: Task = upstream_task
        self.downstream_task: Task = downstream_task
        self.key = key
        self.mapped = mapped
        self.flattened = flattened

    @property
    def tasks(self) -> set["Task"]:
        return {self.upstream_task, self.downstream_task}

    def _identity(self) -> tuple[object, ...]:
        return (self.upstream_task, self.downstream_task, self.key, self.mapped, self.flattened)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Edge) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def __repr__(self) -> str:
        key = f" (key={self.key!r})" if self.key else ""
        return f"<Edge{key}: {self.upstream_task.name} to {self.downstream_task.name}>"
