"""Tasks and the edges between them: how they are added, changed and asked for."""

import itertools
from collections.abc import Iterable, Mapping
from typing import Any

from flowlib.configuration import config
from flowlib.core import graph, signature
from flowlib.core.edge import Edge
from flowlib.core.parameter import Parameter
from flowlib.core.task import Task
from flowlib.tasks.core.constants import Constant
from flowlib.utilities import tasks as making
from flowlib.utilities.context import context
from flowlib.utilities.edges import EdgeAnnotation


class TaskGraph:
    """The part of a flow that is data."""

    def __init__(self) -> None:
        #: Every task of the flow, in the order in which they were added, with its name in it.
        self.slugs: dict[Task, str] = {}
        #: Arguments that are plain values, which need no task of their own.
        self.constants: dict[Task, dict[str, Any]] = {}
        self._edges_to: dict[Task, dict[Edge, None]] = {}
        self._edges_from: dict[Task, dict[Edge, None]] = {}
        self._taken: set[str] = set()
        self._numbers: dict[str, int] = {}
        self._reference_tasks: tuple[Task, ...] = ()

    # What is in it

    @property
    def tasks(self) -> set[Task]:
        return set(self.slugs)

    @property
    def edges(self) -> set[Edge]:
        return {edge for edges in self._edges_to.values() for edge in edges}

    def add_task(self, task: Task) -> Task:
        """Adds a task, under a slug of its own."""
        if not isinstance(task, Task):
            raise TypeError(f"Tasks are added to a flow, not {task!r}.")
        if (unused := context.get("unused_tasks")) is not None:
            unused.discard(task)
        if task in self.slugs:
            return task
        if task.slug in self._taken:
            raise ValueError(f"A task with the slug {task.slug!r} is already in {self!r}.")
        self.slugs[task] = slug = task.slug or self._new_slug(task)
        self._taken.add(slug)
        self._edges_to[task] = {}
        self._edges_from[task] = {}
        self.constants.setdefault(task, {})
        for block in (context.get("case"), context.get("resource")):
            if block is not None:
                block.add_task(task, self)
        return task

    def _new_slug(self, task: Task) -> str:
        prefix = "-".join([task.name, *sorted(task.tags)])
        number = self._numbers.get(prefix, 0) + 1
        while f"{prefix}-{number}" in self._taken:
            number += 1
        self._numbers[prefix] = number
        return f"{prefix}-{number}"

    def add_edge(
        self,
        upstream_task: Any,
        downstream_task: Any,
        key: str | None = None,
        mapped: bool = False,
        flattened: bool = False,
        validate: bool | None = None,
    ) -> Edge:
        """downstream_task waits for upstream_task, and takes its result as ``key``.

        Raises ValueError for an edge to a Parameter. With ``validate`` (by default the setting
        flows.eager_edge_validation) also for a cycle and for a key that is given twice, and
        TypeError for a key that downstream_task does not take.
        """
        if isinstance(upstream_task, EdgeAnnotation):
            mapped = _is_mapped(upstream_task, mapped)
            flattened = flattened or upstream_task.flattened
        if isinstance(downstream_task, Parameter):
            raise ValueError(f"{downstream_task!r} is a Parameter: nothing comes before it.")
        upstream = self.add_task(making.as_task(upstream_task, flow=self))
        downstream = self.add_task(making.as_task(downstream_task, flow=self))
        return self._add(Edge(upstream, downstream, key, mapped, flattened), validate)

    def _add(self, edge: Edge, validate: bool | None = None) -> Edge:
        upstream, downstream = (
            self.add_task(edge.upstream_task),
            self.add_task(edge.downstream_task),
        )
        eager = config.flows.eager_edge_validation if validate is None else validate
        if eager and edge.key is not None:
            self._check_key(downstream, edge.key)
        self._edges_to[downstream][edge] = None
        self._edges_from[upstream][edge] = None
        if eager:
            self.validate()
        return edge

    def _check_key(self, task: Task, key: str) -> None:
        if key in {edge.key for edge in self._edges_to[task]}:
            raise ValueError(f"Argument {key!r} of {task!r} is already given by another task.")
        signature.bound_partly(task.run, key)

    def set_dependencies(
        self,
        task: Any,
        upstream_tasks: Iterable[Any] | None = None,
        downstream_tasks: Iterable[Any] | None = None,
        keyword_tasks: Mapping[str, Any] | None = None,
        mapped: bool = False,
        validate: bool | None = None,
    ) -> None:
        """Draws edges from and to a task; a plain value as argument is kept as a constant."""
        task = self.add_task(making.as_task(task, flow=self))
        for upstream in upstream_tasks or ():
            self.add_edge(upstream, task, mapped=_is_mapped(upstream, mapped), validate=validate)
        for downstream in downstream_tasks or ():
            self.add_edge(
                task, downstream, mapped=_is_mapped(downstream, mapped), validate=validate
            )
        for key, value in (keyword_tasks or {}).items():
            by_item = _is_mapped(value, mapped)
            plain = value.task if isinstance(value, EdgeAnnotation) else value
            # A constant that apply_map is going to map over stays a task.
            kept = isinstance(plain, Constant) and plain in context.get("kept_constants", ())
            if not by_item and isinstance(plain, Constant) and not kept:
                plain = plain.value
            flattened = isinstance(value, EdgeAnnotation) and value.flattened
            if by_item or flattened or making.holds_tasks(plain):
                self.add_edge(value, task, key=key, mapped=by_item, validate=validate)
            else:
                self.constants[task][key] = plain

    def update(
        self,
        flow: "TaskGraph",
        merge_parameters: bool = False,
        validate: bool | None = None,
        merge_reference_tasks: bool = False,
    ) -> None:
        """Adds all that is in another flow.

        merge_parameters: parameters of the same name are one. merge_reference_tasks: both flows'
        reference tasks decide. ValueError where a parameter or slug is in both, and not merged.
        """
        mine = {parameter.name: parameter for parameter in self.parameters()}
        become: dict[Task, Task] = {
            parameter: mine[parameter.name]
            for parameter in flow.parameters()
            if merge_parameters and parameter.name in mine
        }
        reference = self.reference_tasks() | {become.get(t, t) for t in flow.reference_tasks()}
        for task in flow.slugs:
            if task not in become:
                self.add_task(task)
                self.constants[task].update(flow.constants[task])
        for edge in flow.edges:
            self.add_edge(
                become.get(edge.upstream_task, edge.upstream_task),
                edge.downstream_task,
                key=edge.key,
                mapped=edge.mapped,
                flattened=edge.flattened,
                validate=validate,
            )
        if merge_reference_tasks:
            self.set_reference_tasks(reference)

    def replace(self, old: Task, new: Any, validate: bool = True) -> None:
        """Puts a task, or a plain value, into the place of another.

        ValueError if the old one is not in the flow, and with ``validate`` if the flow is none any
        more; TypeError for an edge whose key the new one does not take.
        """
        edges = [*self.edges_to(old), *self.edges_from(old)]
        new = making.as_task(new, flow=self)
        constants = self.constants.pop(old)
        for edge in edges:
            self._edges_to[edge.downstream_task].pop(edge, None)
            self._edges_from[edge.upstream_task].pop(edge, None)
        self._taken.discard(self.slugs.pop(old))
        del self._edges_to[old], self._edges_from[old]
        self.add_task(new)
        if not isinstance(new, Constant):
            self.constants[new].update(constants)
        for edge in edges:
            upstream = new if edge.upstream_task is old else edge.upstream_task
            downstream = new if edge.downstream_task is old else edge.downstream_task
            self._add(Edge(upstream, downstream, edge.key, edge.mapped, edge.flattened), validate)
        self.set_reference_tasks(new if task is old else task for task in self._reference_tasks)

    def chain(self, *tasks: Task, validate: bool | None = None) -> list[Edge]:
        """Each of these tasks waits for the one before."""
        return [
            self.add_edge(before, after, validate=validate)
            for before, after in itertools.pairwise(tasks)
        ]

    # What is known of it

    def _in_flow(self, task: Task) -> Task:
        if task not in self.slugs:
            raise ValueError(f"{task!r} is not in {self!r}.")
        return task

    def edges_to(self, task: Task) -> set[Edge]:
        return set(self._edges_to[self._in_flow(task)])

    def edges_from(self, task: Task) -> set[Edge]:
        return set(self._edges_from[self._in_flow(task)])

    def all_edges_of(self, task: Task) -> set[Edge]:
        return self.edges_to(task) | self.edges_from(task)

    def upstream_tasks(self, task: Task) -> set[Task]:
        return {edge.upstream_task for edge in self.edges_to(task)}

    def downstream_tasks(self, task: Task) -> set[Task]:
        return {edge.downstream_task for edge in self.edges_from(task)}

    def root_tasks(self) -> set[Task]:
        return {task for task in self.slugs if not self._edges_to[task]}

    def terminal_tasks(self) -> set[Task]:
        return {task for task in self.slugs if not self._edges_from[task]}

    def parameters(self) -> set[Parameter]:
        return {task for task in self.slugs if isinstance(task, Parameter)}

    def reference_tasks(self) -> set[Task]:
        """The tasks that decide what became of the flow; by default those nothing follows.

        What cleans up after a resource decides nothing.
        """
        return set(self._reference_tasks) or {
            task
            for task in self.slugs
            if task.decides and not any(after.decides for after in self.downstream_tasks(task))
        }

    def set_reference_tasks(self, tasks: Iterable[Task]) -> None:
        self._reference_tasks = tuple(self._in_flow(task) for task in tasks)

    def get_tasks(
        self,
        name: str | None = None,
        slug: str | None = None,
        tags: Iterable[str] | None = None,
        task_type: type[Task] | None = None,
    ) -> list[Task]:
        """The tasks that fit every condition given."""
        return [
            task
            for task, its_slug in self.slugs.items()
            if (name is None or task.name == name)
            and (slug is None or its_slug == slug)
            and task.tags.issuperset(tags or ())
            and (task_type is None or isinstance(task, task_type))
        ]

    def sorted_tasks(self, root_tasks: Iterable[Task] | None = None) -> tuple[Task, ...]:
        """Every task after those it depends on; of these root_tasks' part, if given."""
        ordered = graph.in_order(self.slugs, self._edges_to)
        if root_tasks is None:
            return ordered
        wanted = graph.reachable(map(self._in_flow, root_tasks), self._edges_from)
        return tuple(task for task in ordered if task in wanted)

    def validate(self) -> None:
        """InvalidGraph if the flow has a cycle."""
        self.sorted_tasks()


def _is_mapped(value: Any, mapped: bool) -> bool:
    said = value.mapped if isinstance(value, EdgeAnnotation) else None
    return mapped if said is None else said
