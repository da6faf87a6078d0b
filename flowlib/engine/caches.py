"""Results of tasks with ``cache_for``, for later runs in this process: ``context.caches``."""

import datetime
from collections.abc import Mapping
from typing import Any

from flowlib.core.flow import Flow
from flowlib.core.task import Task
from flowlib.engine.state import Cached, Mapped, Pending, State
from flowlib.utilities.context import context

#: In the context of a task: what the run that it begins with had cached.
CANDIDATE = "cached_before"


def _caches() -> dict[str, list[Cached]]:
    caches: dict[str, list[Cached]] = context.setdefault("caches", {})
    return caches


def of(flow: Flow) -> dict[str, list[Cached]]:
    """What this flow's tasks may use; it travels to the workers."""
    keys = {_key(task) for task in flow.tasks if task.cache_for is not None}
    return {key: list(states) for key, states in _caches().items() if key in keys}


def asked_again(task: Task, state: State) -> State:
    """The state in which a task begins that another run left in this one.

    What was cached there may not hold here: it is one of those that the task may use, or is run.
    """
    if isinstance(state, Mapped):
        children = state.map_states
        if any(isinstance(child, Cached) for child in children):
            again = [child and asked_again(task, child) for child in children]
            return Mapped(state.message, map_states=again)
    if isinstance(state, Cached):
        kept = {} if task.cache_for is None else {CANDIDATE: state}
        return Pending("Cached by another run.", context=kept)
    return state


def remember(states: Mapping[Task, State]) -> None:
    """Keeps what was cached in this run, and forgets what has expired."""
    for task, state in states.items():
        if task.cache_for is None:
            continue
        now = state.map_states if isinstance(state, Mapped) else [state]
        before = _caches().get(_key(task), [])
        new = [s for s in now if isinstance(s, Cached) and not any(s is old for old in before)]
        _caches()[_key(task)] = [s for s in [*before, *new] if _fresh(s)]


def _fresh(state: Cached) -> bool:
    expiration = state.cached_result_expiration
    return expiration is None or expiration > datetime.datetime.now(datetime.UTC)


def _key(task: Task) -> Any:
    return task.cache_key or task.name
