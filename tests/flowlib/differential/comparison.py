"""The same flow by the oracle and by an executor: every state, message, result and attempt."""

import itertools
import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flowlib import Flow, Task
from flowlib.engine.flow_run import Options, run_flow
from flowlib.engine.progress import Observer
from flowlib.engine.state import Mapped, Pending, State
from flowlib.exceptions import PrefectSignal, ResultNotGathered
from flowlib.executors.protocol import Executor
from tests.flowlib.differential.oracle import interpret
from tests.flowlib.differential.programs import TRACES

_numbers = itertools.count()

#: In place of a result that was not brought.
ELSEWHERE = ("elsewhere",)


def differences(
    flow: Flow,
    parameters: Mapping[str, Any],
    executor: Executor,
    options: Options = Options(),  # noqa: B008  # a frozen value
    *,
    attempts: bool = True,
    brought: bool = True,
) -> list[str]:
    """What differs, in words; nothing if all agrees.

    Runs it; without options also what failed once more, beside the states of what did not. Where
    work is lost and done again, how often a body ran does not tell. Where results are not brought,
    those that stayed where they are agree with any.
    """
    states: dict[Task, State] = {}
    found = _differences(
        flow, parameters, executor, options, {}, states, attempts=attempts, brought=brought
    )
    if found or not states or not brought or options != Options():
        return found
    again = {task: _once_more(state) for task, state in states.items()}
    found = _differences(flow, parameters, executor, options, again, states, attempts=attempts)
    return [f"again: {line}" for line in found]


def _once_more(state: State) -> State:
    """The state in which a task begins that is to be tried again if it failed."""
    if isinstance(state, Mapped):
        return Mapped(state.message, map_states=[_once_more(child) for child in state.map_states])
    return Pending("once more") if state.is_failed() else state


def _differences(
    flow: Flow,
    parameters: Mapping[str, Any],
    executor: Executor,
    options: Options,
    given: Mapping[Task, State],
    states: dict[Task, State],
    *,
    attempts: bool,
    brought: bool = True,
) -> list[str]:
    """Of one run that begins with these states; fills in those it ended with."""
    one, two = f"oracle-{next(_numbers)}", f"engine-{next(_numbers)}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = interpret(flow, parameters, given, run=one)
            its = replace(options, context={"run": two}, task_states=given)
            found = run_flow(flow, dict(parameters), executor, Observer(), its)
        if isinstance(found.result, dict):
            states.update(found.result)
        out = _compared(flow, expected, found, brought=brought)
        return out + _traced(expected, one, two) if attempts else out
    finally:
        TRACES.forget(one, two)


def _compared(flow: Flow, expected: State, found: State, *, brought: bool) -> list[str]:
    if isinstance(expected.result, Exception):
        # Something is wrong with the flow itself: then no task's state is told.
        same = type(expected) is type(found) and type(expected.result) is type(found.result)
        return (
            [] if same else [f"flow: {expected!r} {expected.result!r}, {found!r} {found.result!r}"]
        )
    if isinstance(found.result, Exception):
        return [f"flow: {expected!r}, but the engine says {found!r}"]
    out = []
    if told(expected)[:2] != told(found)[:2]:
        out.append(f"flow: {told(expected)[:2]}, but the engine says {told(found)[:2]}")
    for task in flow.sorted_tasks():
        one, two = expected.result[task], found.result[task]
        for place, (a, b) in enumerate(itertools.zip_longest(story(one), story(two))):
            if not brought and a and b and (b[-1] == ELSEWHERE or b[0] == "Skipped"):
                a, b = a[:-1], b[:-1]
            if a != b:
                out.append(f"{flow.slugs[task]} [{place - 1}]: {a}, but the engine says {b}")
    return out


def _traced(expected: State, one: str, two: str) -> list[str]:
    if isinstance(expected.result, Exception):
        return []
    out = []
    for name, by_run in (("attempts", TRACES.calls), ("changes", TRACES.changes)):
        a, b = by_run[one], by_run[two]
        out += [
            f"{name} of {key}: {a.get(key)}, but the engine made {b.get(key)}"
            for key in sorted({*a, *b}, key=str)
            if a.get(key) != b.get(key)
        ]
    return out


def story(state: State) -> list[tuple[Any, ...]]:
    return [told(its) for its in [state, *getattr(state, "map_states", [])]]


def told(state: State) -> tuple[Any, ...]:
    try:
        result = plain(state.result)
    except ResultNotGathered:
        result = ELSEWHERE
    return type(state).__name__, state.message, result


def plain(value: Any) -> Any:
    """A result that can be compared: exceptions by type and text, signals as such."""
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, PrefectSignal):
        return "a signal"
    if isinstance(value, BaseException):
        return type(value).__name__, str(value)
    return repr(value)
