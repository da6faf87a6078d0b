"""A flow as the engine takes it: numbered nodes, every one after those it depends on."""

from dataclasses import dataclass
from typing import Any

from flowlib import triggers
from flowlib.core.edge import Edge
from flowlib.core.flow import Flow
from flowlib.core.parameter import Parameter
from flowlib.core.task import Task
from flowlib.engine.result import Result
from flowlib.engine.state import State, Success
from flowlib.engine.work import Input
from flowlib.tasks.core.constants import Constant

#: How a tag begins that names a resource of Dask's workers.
RESOURCE_TAG = "dask-resource:"


@dataclass(frozen=True, slots=True)
class Node:
    """One task of the flow."""

    number: int
    task: Task
    slug: str
    #: Numbers of the nodes before it, one for each input.
    upstreams: tuple[int, ...]
    inputs: tuple[Input, ...]
    downstreams: tuple[int, ...]
    constants: dict[str, Any]
    #: The longest way from a root.
    depth: int
    #: How its results are kept: as the task says, else the flow.
    result: Result | None = None

    @property
    def constant_states(self) -> dict[Any, State]:
        """Its constants as its trigger sees them: as tasks that succeeded."""
        return {
            Edge(Constant(value), self.task, key) if _asks(self.task) else key: Success(
                "Auto-generated constant value", result=value
            )
            for key, value in self.constants.items()
        }

    @property
    def mapped(self) -> bool:
        return any(its.mapped for its in self.inputs)

    @property
    def resources(self) -> frozenset[str]:
        """The tags that say where it may run."""
        return frozenset(tag for tag in self.task.tags if tag.startswith(RESOURCE_TAG))

    @property
    def held(self) -> bool:
        """Its value is known here; it is given to nobody to run."""
        return isinstance(self.task, (Constant, Parameter))

    @property
    def counted(self) -> bool:
        """It stands in the counts: somebody wrote it as a task."""
        return not self.held and not self.task.auto_generated


def _asks(task: Task) -> bool:
    """Its trigger may look at edges. Those of flowlib's own look at states only."""
    return getattr(task.trigger, "__module__", None) != triggers.__name__


def nodes(flow: Flow) -> tuple[Node, ...]:
    """InvalidGraph if the flow has a cycle."""
    ordered = flow.sorted_tasks()
    numbers = {task: number for number, task in enumerate(ordered)}
    out: list[Node] = []
    for number, task in enumerate(ordered):
        edges = sorted(flow.edges_to(task), key=lambda e: (numbers[e.upstream_task], e.key or ""))
        asks = _asks(task)
        out.append(
            Node(
                number=number,
                task=task,
                slug=flow.slugs[task],
                upstreams=tuple(numbers[edge.upstream_task] for edge in edges),
                inputs=tuple(
                    Input(edge.key, edge.mapped, edge.flattened, edge if asks else None)
                    for edge in edges
                ),
                downstreams=tuple(sorted({numbers[t] for t in flow.downstream_tasks(task)})),
                constants=flow.constants[task],
                result=task.result or flow.result,
                depth=max((out[numbers[e.upstream_task]].depth + 1 for e in edges), default=0),
            )
        )
    return tuple(out)
