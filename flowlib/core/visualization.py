"""A flow as a drawing: what is drawn, and graphviz, which draws it."""

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowlib.engine.state import Mapped

if TYPE_CHECKING:
    from flowlib.core.flow import Flow
    from flowlib.core.task import Task
    from flowlib.engine.state import State


@dataclass(frozen=True, slots=True)
class Node:
    """A task, or a child of a mapped one."""

    key: str
    label: str
    shape: str
    #: Of the state, where one is known.
    color: str | None


@dataclass(frozen=True, slots=True)
class Arrow:
    """An edge, or what it is between two children."""

    start: str
    end: str
    label: str
    style: str | None


def drawing(flow: "Flow", flow_state: "State | None" = None) -> tuple[list[Node], list[Arrow]]:
    """What is to be drawn. With a state mapped tasks are drawn child by child."""
    states: dict[Task, State] = getattr(flow_state, "result", None) or {}
    ordered = flow.sorted_tasks()
    mapped = {task for task in ordered if any(edge.mapped for edge in flow.edges_to(task))}
    children = {
        task: list(state.map_states)
        for task in mapped
        if isinstance(state := states.get(task), Mapped)
    }
    nodes: list[Node] = []
    keys: dict[Task, list[str]] = {}
    for number, task in enumerate(ordered):
        if children.get(task):
            keys[task] = [f"{number}-{index}" for index in range(len(children[task]))]
            nodes += [
                Node(key, f"{task.name} <map>", "box", _color(state))
                for key, state in zip(keys[task], children[task], strict=True)
            ]
        else:
            keys[task] = [str(number)]
            label = f"{task.name} <map>" if task in mapped else task.name
            shape = "box" if task in mapped else "ellipse"
            nodes.append(Node(str(number), label, shape, _color(states.get(task))))
    arrows: list[Arrow] = []
    for task in ordered:
        edges = flow.edges_to(task)
        for edge in sorted(edges, key=lambda edge: (edge.key or "", keys[edge.upstream_task])):
            style = "dashed" if edge.mapped else None
            starts, ends = keys[edge.upstream_task], keys[task]
            by_child = edge.mapped and not edge.flattened and edge.upstream_task in children
            pairs = (
                zip(starts, ends, strict=False)
                if by_child and task in children
                else ((start, end) for start in starts for end in ends)
            )
            arrows += [Arrow(start, end, edge.key or "", style) for start, end in pairs]
    return nodes, arrows


def _color(state: "State | None") -> str | None:
    # 80: half transparent.
    return None if state is None else f"{state.color}80"


def digraph(flow: "Flow", flow_state: "State | None", *, horizontal: bool) -> Any:
    """A graphviz.Digraph. ImportError, naming the package, where that is missing."""
    try:
        import graphviz
    except ImportError as exc:
        raise ImportError(
            "flow.visualize() needs the graphviz package and program: `pip install graphviz`, and "
            "Graphviz itself (https://graphviz.org)."
        ) from exc
    graph = graphviz.Digraph(graph_attr={"rankdir": "LR"} if horizontal else {})
    nodes, arrows = drawing(flow, flow_state)
    for node in nodes:
        filled = {} if node.color is None else {"color": node.color, "style": "filled"}
        graph.node(node.key, node.label, shape=node.shape, **filled)
    for arrow in arrows:
        styled = {} if arrow.style is None else {"style": arrow.style}
        graph.edge(arrow.start, arrow.end, arrow.label, **styled)
    return graph


def render(graph: Any, filename: str | None, format: str | None) -> None:
    """Writes it to a file, or shows it where somebody can see it."""
    if filename is not None:
        path = Path(filename)
        kind = format or path.suffix.removeprefix(".") or "pdf"
        stem = path.with_suffix("") if path.suffix.removeprefix(".") == kind else path
        graph.render(str(stem), format=kind, view=False, cleanup=True)
    elif not _in_notebook():
        graph.view(f"flow-{uuid.uuid4().hex[:8]}", cleanup=True)


def _in_notebook() -> bool:
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    return get_ipython() is not None
