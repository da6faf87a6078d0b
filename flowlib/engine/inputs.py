"""What each row of a claim is given, put together where the claim runs."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flowlib.engine import flattening
from flowlib.engine import rows as row_ranges
from flowlib.engine.state import Mapped, State, Success
from flowlib.engine.work import (
    Chunk,
    Claim,
    Cut,
    Input,
    Items,
    Joined,
    Known,
    Piece,
    Rowwise,
    Single,
    Source,
    Spread,
    TaskSpec,
)

SUCCEEDED = "Task run succeeded."
MAPPED = "Ready to proceed with mapping."


class ShortPiece(Exception):
    """A chunk that was made again, after its worker was lost, holds fewer rows than before."""


@dataclass(slots=True)
class Each:
    """An upstream that gives each row its own."""

    values: Sequence[Any]
    #: By place in the claim.
    states: dict[int, State]

    @property
    def plain(self) -> bool:
        """Nothing but successes: no trigger need be asked."""
        return not self.states

    def value(self, place: int) -> Any:
        return self.values[place]

    def state(self, place: int) -> State:
        return self.states.get(place) or Success(SUCCEEDED, result=self.values[place])


@dataclass(slots=True)
class Same:
    """An upstream that gives every row the same."""

    common: State

    @property
    def plain(self) -> bool:
        return type(self.common) is Success

    def value(self, place: int) -> Any:
        return self.common.result

    def state(self, place: int) -> State:
        return self.common


@dataclass(slots=True)
class All:
    """A mapped task that gives every row all its children."""

    values: list[Any]
    states: dict[int, State]

    @property
    def plain(self) -> bool:
        return not self.states

    def value(self, place: int) -> Any:
        return self.values

    def state(self, place: int) -> State:
        children = [
            self.states.get(row) or Success(SUCCEEDED, result=value)
            for row, value in enumerate(self.values)
        ]
        return Mapped(MAPPED, result=self.values, map_states=children)


Upstream = Each | Same | All


def resolve(spec: TaskSpec, claim: Claim, chunks: Sequence[Chunk]) -> list[Upstream]:
    """One upstream for each input. Raises ShortPiece, and what a value raises when it is cut."""
    return [
        _resolve(source, number, spec, claim, chunks) for number, source in enumerate(claim.sources)
    ]


def _resolve(
    source: Source, number: int, spec: TaskSpec, claim: Claim, chunks: Sequence[Chunk]
) -> Upstream:
    its = spec.inputs[number]
    match source:
        case Known():
            return Same(_passed_on(its, spec.known[number]))
        case Items(values):
            return Each(values, {})
        case Single(chunk):
            return Same(_passed_on(its, state_of(chunks[chunk], 0)))
        case Cut(chunk):
            state = state_of(chunks[chunk], 0)
            return Each(cut(its.of(state.result), claim.rows), {})
        case Rowwise(pieces):
            return Each(*_laid_out(pieces, chunks))
        case Spread(stretches):
            return Each(*_spread(stretches, chunks))
        case Joined(pieces):
            values, states = _laid_out(pieces, chunks)
            return All(*flattening.spread(values, states)) if its.flattened else All(values, states)


def _passed_on(its: Input, state: State) -> State:
    if not its.flattened:
        return state
    new = copy.copy(state)
    new.result = its.of(state.result)
    return new


def _spread(
    stretches: Sequence[tuple[Sequence[Piece], int, int]], chunks: Sequence[Chunk]
) -> tuple[list[Any], dict[int, State]]:
    values: list[Any] = []
    states: dict[int, State] = {}
    for pieces, skipped, number in stretches:
        items, its_states = flattening.spread(*_laid_out(pieces, chunks))
        before = len(values)
        values += items[skipped : skipped + number]
        if len(values) - before < number:
            raise ShortPiece  # made again, a child has fewer items than before
        states.update(
            {
                before + place - skipped: state
                for place, state in its_states.items()
                if skipped <= place < skipped + number
            }
        )
    return values, states


def _laid_out(
    pieces: Sequence[Piece], chunks: Sequence[Chunk]
) -> tuple[list[Any], dict[int, State]]:
    """Values one after the other; states by place among them."""
    values: list[Any] = []
    states: dict[int, State] = {}
    for piece in pieces:
        chunk = chunks[piece.chunk]
        before = len(values)
        at = offset(chunk.rows, piece.start)
        values += chunk.values[at : at + piece.stop - piece.start]
        if len(values) - before < piece.stop - piece.start:
            raise ShortPiece
        if chunk.states:
            for row in range(piece.start, piece.stop):
                if row in chunk.states:
                    states[before + row - piece.start] = chunk.states[row]
    return values, states


def offset(rows: row_ranges.Rows, row: int) -> int:
    """Where a row stands among these. ShortPiece if it does not."""
    before = 0
    for part in rows:
        if row in part:
            return before + row - part.start
        before += len(part)
    raise ShortPiece


def state_of(chunk: Chunk, row: int) -> State:
    """The state of one row of a chunk."""
    at = offset(chunk.rows, row)
    if at >= len(chunk.values):
        raise ShortPiece
    return chunk.states.get(row) or Success(SUCCEEDED, result=chunk.values[at])


def cut(value: Any, rows: row_ranges.Rows) -> Sequence[Any]:
    """The items of a value at these rows."""
    if isinstance(value, (list, tuple, range, str)) and len(rows) == 1:
        return value[rows[0].start : rows[0].stop]
    return [value[row] for row in row_ranges.each(rows)]
