"""apply_map: a function that adds tasks to a flow, mapped as a whole."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flowlib.core.task import Task
from flowlib.tasks.core.constants import Constant
from flowlib.utilities.context import context
from flowlib.utilities.edges import EdgeAnnotation

if TYPE_CHECKING:
    from flowlib.core.flow import Flow


@dataclass(frozen=True, slots=True)
class _Input:
    """One argument of the function."""

    task: Task
    mapped: bool
    flattened: bool

    @property
    def known(self) -> bool:
        """A plain value for every child, which nobody waits for."""
        return isinstance(self.task, Constant) and not self.mapped


def apply_map(
    func: Callable[..., Any], *args: Any, flow: "Flow | None" = None, **kwargs: Any
) -> Any:
    """Calls ``func`` once, and maps the tasks it adds over these arguments.

    Arguments are tasks or sequences; those in ``unmapped(...)`` are given whole, and so are tasks
    that func takes from around it. Every task that it adds waits for all arguments. With ``flow``
    (by default the active one) func is called with a ``flow`` to add tasks to, too. Answers what
    func returns.

    Raises TypeError for an argument that cannot be mapped over, ValueError without a flow.
    """
    from flowlib.core.flow import Flow  # it makes tasks of values, by the module that has this

    target = flow or context.get("flow")
    if target is None:
        raise ValueError("apply_map needs a flow: call it inside `with Flow(...)`, or pass flow=.")
    for value in (*args, *kwargs.values()):
        if not isinstance(value, (Task, EdgeAnnotation, Sequence)):
            raise TypeError(
                f"Cannot map over {value!r}, which is neither a task nor a sequence. Give every "
                "child the same value with unmapped(...)."
            )
    before = target.tasks
    with context(case=None, resource=None):
        positional = [_input(value, target) for value in args]
        named = {name: _input(value, target) for name, value in kwargs.items()}
        inputs = [*positional, *named.values()]
        # What func adds is gathered apart, so that it can be told from what was there.
        inner = Flow("apply_map")
        for its in inputs:
            if not its.known:
                inner.add_task(its.task)
        given: dict[str, Any] = {name: its.task for name, its in named.items()}
        if flow is not None:
            given["flow"] = inner
        with inner, context(kept_constants={its.task for its in inputs if not its.known}):
            answer = func(*(its.task for its in positional), **given)
    _take_over(target, inner, inputs, before)
    return answer


def _input(value: Any, flow: "Flow") -> _Input:
    from flowlib.utilities.tasks import as_task  # it has this module's function

    task = as_task(value, flow=flow)
    said = value if isinstance(value, EdgeAnnotation) else EdgeAnnotation(value)
    its = _Input(task, said.mapped is not False, said.flattened)
    if not its.known:
        flow.add_task(task)
    return its


def _take_over(target: "Flow", inner: "Flow", inputs: list[_Input], before: set[Task]) -> None:
    """Adds inner's tasks to the target, with their edges mapped."""
    by_task = {its.task: its for its in inputs}
    new = [task for task in inner.slugs if task not in by_task and task not in before]
    for task in new:
        target.add_task(task)
    for task in inner.slugs:
        for edge in inner.edges_to(task):
            upstream = edge.upstream_task
            its = by_task.get(upstream, _Input(upstream, upstream not in before, flattened=False))
            target.add_edge(
                upstream,
                task,
                key=edge.key,
                mapped=its.mapped,
                flattened=edge.flattened or its.flattened,
            )
        target.constants[task].update(inner.constants[task])
    for task in new:
        upstreams = target.upstream_tasks(task)
        if upstreams.isdisjoint(new):
            for its in inputs:
                if its.task not in upstreams and not its.known:
                    target.add_edge(its.task, task, mapped=its.mapped, flattened=its.flattened)
