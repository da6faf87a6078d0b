"""What each row of a claim is given, put together where the claim runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from flowlib.engine import flattening
from flowlib.engine import rows as row_ranges
from flowlib.engine.held import Chunk, Held
from flowlib.engine.state import Mapped, State, Success
from flowlib.engine.work import (
    Beside,
    Cut,
    Input,
    Items,
    Joined,
    Known,
    Part,
    Piece,
    Rowwise,
    Single,
    Source,
    Spread,
    TaskSpec,
)

SUCCEEDED = "Task run succeeded."
MAPPED = "Ready to proceed with mapping."
FEWER = (
    "A value that is {how} has fewer items than were counted, most likely since it was made again "
    "after its worker was lost. A task whose value is {how} must return as many items each time."
)


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

    def plain_at(self, place: int) -> bool:
        return place not in self.states

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

    def plain_at(self, place: int) -> bool:
        return self.plain

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
        # Where there are no children, none has succeeded.
        return bool(self.values) and not self.states

    def plain_at(self, place: int) -> bool:
        return self.plain

    def value(self, place: int) -> Any:
        return self.values

    def state(self, place: int) -> State:
        children = [
            self.states.get(row) or Success(SUCCEEDED, result=value)
            for row, value in enumerate(self.values)
        ]
        return Mapped(MAPPED, result=self.values, map_states=children)


Upstream = Each | Same | All


class Ran(Protocol):
    """An earlier part of the same claim; it may still grow."""

    values: list[Any]
    states: dict[int, State]


def resolve(
    spec: TaskSpec, part: Part, chunks: Sequence[Chunk], earlier: Sequence[Ran]
) -> list[Upstream]:
    """One upstream for each input. Raises ShortPiece, and what a value raises when it is cut."""

    def resolved(its: Input, source: Source, number: int) -> Upstream:
        match source:
            case Known():
                return Same(_passed_on(its, spec.known[number]))
            case Items(values, state):
                return _each(values, state)
            case Beside(number):
                return Each(earlier[number].values, earlier[number].states)
            case Single(chunk, number):
                return Same(_passed_on(its, state_of(_held(chunks, chunk, number), 0)))
            case Cut(chunk, number):
                state = state_of(_held(chunks, chunk, number), 0)
                return _each(_items(its, state, part.rows), state)
            case Rowwise(pieces):
                return Each(*_laid_out(pieces, chunks))
            case Spread(stretches):
                return Each(*_spread(stretches, chunks))
            case Joined(pieces):
                values, states = _laid_out(pieces, chunks)
                if its.flattened:
                    values, states = flattening.spread(values, states)
                return All(values, states)

    return [
        resolved(its, source, number)
        for number, (its, source) in enumerate(zip(spec.inputs, part.sources, strict=True))
    ]


def _held(chunks: Sequence[Chunk], chunk: int, part: int) -> Held:
    """ShortPiece where nothing was run when the chunk was made again."""
    its = chunks[chunk].parts
    if part >= len(its):
        raise ShortPiece
    return its[part]


def _passed_on(its: Input, state: State) -> State:
    return flattening.with_result(state, its.of(state.result)) if its.flattened else state


def _items(its: Input, state: State, rows: row_ranges.Rows) -> Sequence[Any]:
    """One for each row. Of a value that has failed, when it was made again, each row has all."""
    number = row_ranges.count(rows)
    if state.is_failed():
        return [state.result] * number
    try:
        items = cut(its.of(state.result), rows)
    except (TypeError, IndexError) as exc:
        raise RuntimeError(f"{FEWER.format(how='mapped over')} ({exc})") from exc
    if len(items) < number:
        raise RuntimeError(FEWER.format(how="mapped over"))
    return items


def _each(items: Sequence[Any], state: State | None) -> Each:
    """The items of one value, whose state is that of each."""
    if state is None or type(state) is Success:
        return Each(items, {})
    states = {place: flattening.with_result(state, item) for place, item in enumerate(items)}
    return Each(items, states)


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
            raise RuntimeError(FEWER.format(how="flattened"))
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
        held = _held(chunks, piece.chunk, piece.part)
        before = len(values)
        at = offset(held, piece.start)
        values += held.values[at : at + piece.stop - piece.start]
        if len(values) - before < piece.stop - piece.start:
            raise ShortPiece
        if any(part.start < piece.stop and piece.start < part.stop for part in held.dropped):
            raise ShortPiece  # made again, it was used up by what was run beside it
        rows = range(piece.start, piece.stop)
        # Of states and rows the fewer: there may be many of either.
        for row in held.states if len(held.states) < len(rows) else rows:
            if row in rows and (state := held.states.get(row)):
                if not state.is_finished():
                    raise ShortPiece  # made again, it is to be tried once more
                states[before + row - piece.start] = state
    return values, states


def offset(held: Held, row: int) -> int:
    """The place of a row among the values. ShortPiece if it is not here."""
    at = held.offset(row)
    if at is None:
        raise ShortPiece
    return at


def state_of(held: Held, row: int) -> State:
    """The state of one row of a chunk's part."""
    at = offset(held, row)
    if at >= len(held.values) or any(row in part for part in held.dropped):
        raise ShortPiece
    state = held.states.get(row)
    if state is None:
        return Success(SUCCEEDED, result=held.values[at])
    if not state.is_finished():
        raise ShortPiece
    return state


def cut(value: Any, rows: row_ranges.Rows) -> Sequence[Any]:
    """The items of a value at these rows."""
    if isinstance(value, (list, tuple, range, str)) and len(rows) == 1:
        return value[rows[0].start : rows[0].stop]
    return [value[row] for row in row_ranges.each(rows)]
