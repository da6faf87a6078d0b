"""Triggers: may a task run, given the states of the tasks before it?

A trigger takes ``{Edge: State}`` and answers True, answers False (TriggerFailed), or raises a
signal. A mapped task before it stands for all its children. A task with nothing before it passes
(but for not_all_skipped and manual_only); a map that made no children is not nothing. Skipped
counts as success.
"""

from collections.abc import Callable, Mapping
from typing import Any

from flowlib.engine import signals
from flowlib.engine.state import Mapped, State
from flowlib.utilities.context import context

UpstreamStates = Mapping[Any, State]
Trigger = Callable[[UpstreamStates], bool]


def _all_states(upstream_states: UpstreamStates) -> list[State]:
    states: list[State] = []
    for state in upstream_states.values():
        if isinstance(state, Mapped):
            states.extend(state.map_states)
        else:
            states.append(state)
    return states


def _unmet(trigger: str, what: str) -> signals.TRIGGERFAIL:
    return signals.TRIGGERFAIL(f'Trigger was "{trigger}" but {what}.')


def all_finished(upstream_states: UpstreamStates) -> bool:
    """Runs whatever became of the tasks before."""
    if not all(state.is_finished() for state in _all_states(upstream_states)):
        raise _unmet("all_finished", "some of the upstream tasks were not finished")
    return True


always_run = all_finished


def manual_only(upstream_states: UpstreamStates) -> bool:
    """Pauses, until somebody resumes the task."""
    if context.get("resume"):
        return True
    raise signals.PAUSE('Trigger function is "manual_only"')


def all_successful(upstream_states: UpstreamStates) -> bool:
    """Runs if every task before succeeded: the default."""
    if not all(state.is_successful() for state in _all_states(upstream_states)):
        raise _unmet("all_successful", "some of the upstream tasks failed")
    return True


def all_failed(upstream_states: UpstreamStates) -> bool:
    """Runs if every task before failed."""
    if not all(state.is_failed() for state in _all_states(upstream_states)):
        raise _unmet("all_failed", "some of the upstream tasks succeeded")
    return True


def any_successful(upstream_states: UpstreamStates) -> bool:
    """Runs if one task before succeeded."""
    states = _all_states(upstream_states)
    if upstream_states and not any(state.is_successful() for state in states):
        raise _unmet("any_successful", "none of the upstream tasks succeeded")
    return True


def any_failed(upstream_states: UpstreamStates) -> bool:
    """Runs if one task before failed."""
    states = _all_states(upstream_states)
    if upstream_states and not any(state.is_failed() for state in states):
        raise _unmet("any_failed", "none of the upstream tasks failed")
    return True


def not_all_skipped(upstream_states: UpstreamStates) -> bool:
    """Runs if none before failed and not all were skipped; skips if all were."""
    states = _all_states(upstream_states)
    if all(state.is_skipped() for state in states):
        # What follows is to find nothing, and not this signal.
        raise signals.SKIP("All upstreams were skipped", result=None)
    if not all(state.is_successful() for state in states):
        raise _unmet("not_all_skipped", "some of the upstream tasks failed")
    return True


def some_failed(at_least: int | float | None = None, at_most: int | float | None = None) -> Trigger:
    """Runs if so many of the tasks before failed; a number below 1 is a share of them."""

    def some_failed(upstream_states: UpstreamStates) -> bool:
        return _within("some_failed", upstream_states, State.is_failed, at_least, at_most)

    return some_failed


def some_successful(
    at_least: int | float | None = None, at_most: int | float | None = None
) -> Trigger:
    """Runs if so many of the tasks before succeeded; a number below 1 is a share of them."""

    def some_successful(upstream_states: UpstreamStates) -> bool:
        return _within("some_successful", upstream_states, State.is_successful, at_least, at_most)

    return some_successful


def _within(
    name: str,
    upstream_states: UpstreamStates,
    counts: Callable[[State], bool],
    at_least: int | float | None,
    at_most: int | float | None,
) -> bool:
    if not upstream_states:
        return True
    states = _all_states(upstream_states)
    number = sum(map(counts, states))
    least = _as_number(at_least, len(states), default=0)
    most = _as_number(at_most, len(states), default=len(states))
    if not least <= number <= most:
        counted = f"{number} of {len(states)} upstream tasks were, not {least} to {most}"
        raise _unmet(name, f"thresholds were not met: {counted}")
    return True


def _as_number(bound: int | float | None, of: int, default: int) -> int | float:
    if bound is None:
        return default
    return bound * of if 0 < bound < 1 else bound
