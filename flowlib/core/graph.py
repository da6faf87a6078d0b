"""Order among tasks: pure functions over edges."""

import graphlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from flowlib.exceptions import InvalidGraph

if TYPE_CHECKING:
    from flowlib.core.edge import Edge
    from flowlib.core.task import Task


def in_order(
    tasks: Iterable["Task"], edges_to: Mapping["Task", Iterable["Edge"]]
) -> tuple["Task", ...]:
    """Every task after those it depends on; else as they were added."""
    sorter = graphlib.TopologicalSorter(
        {task: [edge.upstream_task for edge in edges_to[task]] for task in tasks}
    )
    try:
        return tuple(sorter.static_order())
    except graphlib.CycleError as exc:
        path = " -> ".join(task.name for task in exc.args[1])
        raise InvalidGraph(f"the flow has a cycle: {path}") from exc


def reachable(
    tasks: Iterable["Task"], edges_from: Mapping["Task", Iterable["Edge"]]
) -> set["Task"]:
    """These tasks and all that follow from them."""
    found: set[Task] = set()
    waiting = list(tasks)
    while waiting:
        task = waiting.pop()
        if task not in found:
            found.add(task)
            waiting.extend(edge.downstream_task for edge in edges_from[task])
    return found
