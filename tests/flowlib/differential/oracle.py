"""A plain interpreter of a flow: one task at a time, in order, round after round.

Written from Prefect 1's contract, and from nothing of the engine: it knows no columns, claims,
chunks or executors. With the library it shares the declared flow, the classes of states and
signals, and the context that bodies read.
"""

import copy
from collections.abc import Callable, Mapping
from typing import Any

from flowlib import Flow, Task, context, triggers
from flowlib.core import Edge
from flowlib.engine import signals
from flowlib.engine.signals import PrefectStateSignal
from flowlib.engine.state import (
    Failed,
    Looped,
    Mapped,
    Paused,
    Pending,
    Resume,
    Retrying,
    Running,
    Skipped,
    State,
    Success,
    TriggerFailed,
)
from flowlib.exceptions import PrefectSignal
from flowlib.tasks.core.constants import Constant

SKIPPED = (
    "Upstream task was skipped; if this was not the intended behavior, consider changing "
    "`skip_on_upstream_skip=False` for this task."
)
#: Nothing that the tests make takes so many rounds.
ROUNDS = 50

States = dict[Edge, State]


def interpret(
    flow: Flow,
    parameters: Mapping[str, Any],
    task_states: Mapping[Task, State] | None = None,
    **names: Any,
) -> State:
    """The state the flow run ends in. Time does not pass: whoever waits is tried next round."""
    with context(parameters=dict(parameters), flow_name=flow.name, **names):
        try:
            return Interpreter(flow, task_states or {}).run()
        except Exception as exc:  # noqa: BLE001
            return Failed(f"Unexpected error: {exc!r}", result=exc)


class Interpreter:
    """One run."""

    def __init__(self, flow: Flow, given: Mapping[Task, State]) -> None:
        self.flow = flow
        #: A task of a resource begins anew in every run.
        self.given = {task: state for task, state in given.items() if not task.reruns}
        self.states: dict[Task, State] = {}

    def first(self, task: Task) -> State:
        """The state in which a task begins."""
        if isinstance(task, Constant):
            return Success(result=task.value)
        state = self.given.get(task)
        # A mapped task is decided anew; its children begin where they were.
        return Pending("Task not run.") if state is None or isinstance(state, Mapped) else state

    def run(self) -> State:
        ordered = self.flow.sorted_tasks()
        for _ in range(ROUNDS):
            for task in ordered:
                self.visit(task)
            if not any(isinstance(s, Retrying) for t in ordered for s in each(self.states[t])):
                return self.final()
        raise AssertionError("still retrying")

    def final(self) -> State:
        for state in self.states.values():
            if isinstance(state, Mapped):
                state.result = [child.result for child in state.map_states]
        if not all(finished(self.states[task]) for task in self.flow.terminal_tasks()):
            final: State = Running("Flow run in progress: some tasks are paused.")
        else:
            told = [s for task in self.flow.reference_tasks() for s in each(self.states[task])]
            if any(s.is_failed() for s in told):
                final = Failed("Some reference tasks failed.")
            elif all(s.is_successful() for s in told):
                final = Success("All reference tasks succeeded.")
            else:
                final = Success("No reference tasks failed.")
        final.result = self.states
        return final

    # One task

    def visit(self, task: Task) -> None:
        edges = self.flow.edges_to(task)
        state = self.states.setdefault(task, self.first(task))
        if any(edge.mapped for edge in edges):
            if not isinstance(state, Mapped) and not state.is_finished():
                state = self.states[task] = self.decide(task, edges, state)
            if isinstance(state, Mapped):
                for number, child in enumerate(state.map_states):
                    if not child.is_finished():
                        upstreams = {edge: self.item(edge, number) for edge in edges}
                        state.map_states[number] = self.attempt(task, upstreams, child, number)
        elif not state.is_finished():
            upstreams = {edge: self.whole(edge) for edge in edges}
            self.states[task] = self.attempt(task, upstreams, state, None)

    def decide(self, task: Task, edges: set[Edge], old: State) -> State:
        """What becomes of a mapped task before its children."""
        upstreams = {edge: self.states[edge.upstream_task] for edge in edges}
        for edge, state in upstreams.items():
            by_child = isinstance(state, Mapped) and edge.mapped and not edge.flattened
            if not by_child and not finished(state):
                return old
        judged = []
        for edge, state in upstreams.items():
            judged += [state] if edge.mapped else each(state)
        if task.skip_on_upstream_skip and any(state.is_skipped() for state in judged):
            return self.parent(task, Skipped(SKIPPED))
        over = [edge for edge, s in upstreams.items() if edge.mapped and s.is_successful()]
        if not over:
            return self.parent(task, Failed("No upstream states can be mapped over."))
        if not all(self.mappable(edge) for edge in over):
            return self.parent(
                task, Failed("At least one upstream state has an unmappable result.")
            )
        width = min(len(self.items(edge)) for edge in over)
        children: list[State] = [Pending("Task not run.") for _ in range(width)]
        given = self.given.get(task)
        if isinstance(given, Mapped):
            children = list(given.map_states)[:width]
        mapped = Mapped("Ready to proceed with mapping.", map_states=children)
        return self.parent(task, mapped)

    def parent(self, task: Task, state: State) -> State:
        with context(task_name=task.name, task_slug=self.flow.slugs[task], map_index=None):
            return change(task, Pending(), state)[0]

    # What a task is given

    def mappable(self, edge: Edge) -> bool:
        state = self.states[edge.upstream_task]
        value = unnested(state.result) if edge.flattened else state.result
        return isinstance(state, Mapped) or (
            hasattr(value, "__getitem__") and hasattr(value, "__len__")
        )

    def items(self, edge: Edge) -> list[Any]:
        """What is mapped over, in order: states of children, or values."""
        state = self.states[edge.upstream_task]
        if isinstance(state, Mapped):
            return spread(state.map_states) if edge.flattened else list(state.map_states)
        value = unnested(state.result) if edge.flattened else state.result
        return [value[number] for number in range(len(value))]

    def item(self, edge: Edge, number: int) -> State:
        """What a child is given by an edge."""
        state = self.states[edge.upstream_task]
        if not edge.mapped or state.is_failed():
            return self.whole(edge)
        found = self.items(edge)[number]
        return found if isinstance(state, Mapped) else with_result(state, found)

    def whole(self, edge: Edge) -> State:
        state = self.states[edge.upstream_task]
        if not isinstance(state, Mapped):
            return with_result(state, unnested(state.result)) if edge.flattened else state
        children = state.map_states
        if edge.flattened and finished(state):
            children = spread(children)
        return Mapped(result=[child.result for child in children], map_states=children)

    # One attempt of a task, or of one child

    def attempt(self, task: Task, upstreams: States, old: State, number: int | None) -> State:
        if isinstance(old, Paused):
            return old
        if not all(finished(state) for state in upstreams.values()):
            return old
        names: dict[str, Any] = {"task_name": task.name, "task_slug": self.flow.slugs[task]}
        names["map_index"] = number
        names["task_run_count"] = old.run_count + 1 if isinstance(old, Retrying) else 1
        names |= old.context
        if isinstance(old, Resume):
            names["resume"] = True
        with context(names):
            return self.judge_and_run(task, upstreams, old)

    def judge_and_run(self, task: Task, upstreams: States, old: State) -> State:
        if task.skip_on_upstream_skip and any(
            state.is_skipped() for upstream in upstreams.values() for state in each(upstream)
        ):
            return change(task, old, Skipped(SKIPPED))[0]
        constants = self.flow.constants[task]
        told = dict(upstreams)
        for key, value in constants.items():
            # A plain value counts as a task that succeeded.
            told[Edge(_a_constant, task, key)] = Success(result=value)
        unmet = judge(task, told)
        if unmet is not None:
            return change(task, old, unmet)[0]
        arguments = {edge.key: s.result for edge, s in upstreams.items() if edge.key is not None}
        return self.run_body(task, old, {**constants, **arguments})

    def run_body(self, task: Task, old: State, arguments: dict[str, Any]) -> State:
        while True:
            running, _ = change(task, old, Running("Starting task run."))
            if not isinstance(running, Running):
                return running
            ended, over = change(task, running, body(task, arguments))
            if over or not isinstance(ended, Looped):
                break
            context.update(
                task_loop_count=context.get("task_loop_count", 1) + 1,
                task_loop_result=ended.result,
                task_run_count=1,
            )
            old = Pending()
        if isinstance(ended, Retrying):  # a RETRY signal
            ended.run_count = context.task_run_count
        elif not over and may_retry(task, ended):
            place = {
                name: context[name]
                for name in ("task_loop_count", "task_loop_result")
                if name in context
            }
            again = Retrying("again", run_count=context.task_run_count, context=place)
            ended, _ = change(task, ended, again)
        return ended


_a_constant = Task(name="constant")


def each(state: State) -> list[State]:
    """A mapped task stands for its children."""
    return list(state.map_states) if isinstance(state, Mapped) else [state]


def finished(state: State) -> bool:
    return state.is_finished() and all(child.is_finished() for child in each(state))


def with_result(state: State, result: Any) -> State:
    new = copy.copy(state)
    new.result = result
    return new


def unnested(value: Any) -> Any:
    try:
        return [item for inner in value for item in inner]
    except TypeError:
        return value


def spread(children: list[State]) -> list[State]:
    """One level less: each item of each child; what has no items, failed or was skipped stays."""
    out: list[State] = []
    for child in children:
        value = child.result
        has_items = hasattr(value, "__len__") and hasattr(value, "__getitem__")
        stays = not child.is_successful() or child.is_skipped() or not has_items
        number = len(value) if has_items else 1
        out += [child if stays else with_result(child, value[n]) for n in range(number)]
    return out


def body(task: Task, arguments: dict[str, Any]) -> State:
    try:
        return Success("Task run succeeded.", result=task.run(**arguments))
    except PrefectStateSignal as signal:
        return signal.state
    except Exception as exc:  # noqa: BLE001
        return Failed(f"Error during execution of task: {exc!r}", result=exc)


def may_retry(task: Task, ended: State) -> bool:
    """Whether a task that failed has an attempt left, for such a failure."""
    if not ended.is_failed() or context.task_run_count > task.max_retries:
        return False
    kinds = tuple(task.retry_on or ())
    return not kinds or ended.result is None or isinstance(ended.result, kinds)


def change(task: Task, old: State, new: State) -> tuple[State, bool]:
    """The state after the task's handlers; and whether one of them ended the run by an error."""
    for handler in task.state_handlers:
        try:
            new = handler(task, old, new) or new
        except PrefectStateSignal as signal:
            return signal.state, False
        except Exception as exc:  # noqa: BLE001
            text = f"Unexpected error while calling state handlers: {exc!r}"
            return Failed(text, result=exc), True
    return new, False


# Triggers


def judge(task: Task, upstreams: Mapping[Any, State]) -> State | None:
    """The state of a task that must not run, or None."""
    if not upstreams and task.trigger in (triggers.any_successful, triggers.any_failed):
        return None  # a map that made no children stands before it all the same
    states = [state for upstream in upstreams.values() for state in each(upstream)]
    rule = RULES.get(task.trigger)
    if rule is not None:
        return rule(states)
    try:
        if task.trigger(upstreams):
            return None
    except PrefectStateSignal as signal:
        return signal.state
    except (Exception, PrefectSignal) as exc:  # noqa: BLE001
        text = f"Unexpected error while checking task trigger: {exc!r}"
        return TriggerFailed(text, result=exc)
    return signals.TRIGGERFAIL("Trigger failed").state


def _unmet(name: str, what: str) -> State:
    return signals.TRIGGERFAIL(f'Trigger was "{name}" but {what}.').state


def all_successful(states: list[State]) -> State | None:
    if all(s.is_successful() for s in states):
        return None
    return _unmet("all_successful", "some of the upstream tasks failed")


def all_failed(states: list[State]) -> State | None:
    if all(s.is_failed() for s in states):
        return None
    return _unmet("all_failed", "some of the upstream tasks succeeded")


def any_successful(states: list[State]) -> State | None:
    if any(s.is_successful() for s in states):
        return None
    return _unmet("any_successful", "none of the upstream tasks succeeded")


def any_failed(states: list[State]) -> State | None:
    if any(s.is_failed() for s in states):
        return None
    return _unmet("any_failed", "none of the upstream tasks failed")


def not_all_skipped(states: list[State]) -> State | None:
    if all(s.is_skipped() for s in states):
        return Skipped("All upstreams were skipped")
    if all(s.is_successful() for s in states):
        return None
    return _unmet("not_all_skipped", "some of the upstream tasks failed")


def manual_only(states: list[State]) -> State | None:
    if context.get("resume"):
        return None
    return signals.PAUSE('Trigger function is "manual_only"').state


RULES: dict[Any, Callable[[list[State]], State | None]] = {
    triggers.all_successful: all_successful,
    triggers.all_finished: lambda states: None,
    triggers.all_failed: all_failed,
    triggers.any_successful: any_successful,
    triggers.any_failed: any_failed,
    triggers.not_all_skipped: not_all_skipped,
    triggers.manual_only: manual_only,
}
