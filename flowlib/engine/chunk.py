"""Runs a claim: some rows of one task, one after the other, until its box is used up."""

import time
from collections.abc import Sequence
from typing import Any

from flowlib import triggers
from flowlib.engine import child, extras, flattening, guard, inputs, run_context
from flowlib.engine import rows as row_ranges
from flowlib.engine.state import Resume, Retrying, State, Success
from flowlib.engine.work import UNMAPPABLE, Chunk, Claim, Report, TaskSpec
from flowlib.utilities.context import context

#: Triggers that need not be asked when everything before was a plain success.
_PASS_ON_SUCCESS = (
    triggers.all_successful,
    triggers.all_finished,
    triggers.any_successful,
)


class Position:
    """How far a claim has come; another thread may have it stop there.

    The claim's thread moves first and then looks whether it may; the other forbids first and then
    looks where the claim is. So a row is never both run and handed back.
    """

    def __init__(self) -> None:
        self._place = 0
        self._stopped = False

    def move(self, place: int) -> bool:
        """Goes to this place of the claim; False if it must not be run."""
        self._place = place
        return not (place and self._stopped)

    def stop(self) -> int:
        """No further row is begun; returns how many rows the claim keeps."""
        self._stopped = True
        return self._place + 1


def run(
    spec: TaskSpec,
    claim: Claim,
    chunks: Sequence[Chunk],
    call: child.Call = guard.call,
    position: Position | None = None,
) -> tuple[Chunk, Report]:
    """Runs rows of the claim, at least one; says how far it came, and never raises for a row.

    Raises ShortPiece, and what a value raises that cannot be cut into items.
    """
    upstreams = inputs.resolve(spec, claim, chunks)
    plain = all(upstream.plain for upstream in upstreams) and spec.task.trigger in _PASS_ON_SUCCESS
    base = run_context.of_task(spec)
    its_extras = extras.of(
        spec.task, spec.result, checkpointing=bool(spec.context.get("checkpointing"))
    )
    position = position or Position()
    began = time.perf_counter()
    values: list[Any] = []
    states: dict[int, State] = {}
    with context():
        for place, row in enumerate(row_ranges.each(claim.rows)):
            if (place and time.perf_counter() - began >= claim.box) or not position.move(place):
                break
            previous = claim.retries.get(row)
            run_count = previous.run_count + 1 if isinstance(previous, Retrying) else 1
            run_context.enter_child(spec, base, row, run_count)
            if previous is not None:
                context.update(previous.context)
                if isinstance(previous, Resume):
                    context["resume"] = True
            arguments = dict(spec.constants)
            for its, upstream in zip(spec.inputs, upstreams, strict=True):
                if its.key is not None:
                    arguments[its.key] = upstream.value(place)
            upstream_states = None
            if not plain:
                upstream_states = {
                    its.edge or number: upstream.state(place)
                    for number, (its, upstream) in enumerate(
                        zip(spec.inputs, upstreams, strict=True)
                    )
                }
            if previous is not None and previous.is_finished():
                state = previous  # decided elsewhere: it stands here for those that follow
            else:
                state = child.run(spec.task, arguments, upstream_states, previous, call, its_extras)
            values.append(state.result)
            if type(state) is not Success or state.message != inputs.SUCCEEDED or state.stored:
                states[row] = state
    seconds = time.perf_counter() - began
    ran, _ = row_ranges.split(claim.rows, len(values))
    report = Report(claim.number, len(values), _told(states), seconds)
    if spec.measured:
        report.length = length(values[0])
    if spec.counted:
        count = flattening.count if spec.mapped else _length_of_flattened
        report.counts = [count(value) for value in values]
    return Chunk(ran, values, states), report


def _told(states: dict[int, State]) -> dict[int, State]:
    """The states without the results, which stay with the chunk; but failures are told whole."""
    return {row: s if s.is_failed() else without_result(s) for row, s in states.items()}


def without_result(state: State) -> State:
    told = object.__new__(type(state))
    vars(told).update({**vars(state), "result": None})
    return told


def _length_of_flattened(value: Any) -> int:
    return length(flattening.flattened(value))


def length(value: Any) -> int:
    """How many items a value has to map over. KeyError for a dict without keys 0, 1, ..."""
    if not hasattr(value, "__getitem__") or not hasattr(value, "__len__"):
        return UNMAPPABLE
    if isinstance(value, dict):
        for key in range(len(value)):
            value[key]
    return len(value)
