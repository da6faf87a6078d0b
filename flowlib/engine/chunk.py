"""Runs a claim: rows of one task or of several, until its box is used up."""

import functools
import math
import time
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from flowlib.engine import child, flattening, guard, inputs
from flowlib.engine import rows as row_ranges
from flowlib.engine.held import Chunk, Held
from flowlib.engine.line import Line
from flowlib.engine.position import Position
from flowlib.engine.resume import keeper
from flowlib.engine.resume.places import Reading
from flowlib.engine.rows import Rows
from flowlib.engine.state import State
from flowlib.engine.work import UNMAPPABLE, Beside, Claim, Landed, Report, TaskSpec

#: Rows that all parts of a claim run before the first part goes on: few at first, since they may
#: be slow, and more and more, since they may be fast.
FIRST_BLOCK = 4
LARGEST_BLOCK = 4_096
#: Boxes that a block may last: better a little late than with rows that only some parts have run.
GRACE = 1.25


def run(
    specs: Iterable[TaskSpec],
    claim: Claim,
    chunks: Sequence[Chunk],
    call: child.Call = guard.call,
    position: Position | None = None,
    size: Callable[[Sequence[Any]], int] = lambda _: 0,
) -> tuple[Chunk, Report]:
    """Runs rows of the claim, at least one; says how far it came, and never raises for a row.

    size tells about how many bytes values take, where it matters that there is room for them.
    Raises ShortPiece, and what a value raises that cannot be cut into items.
    """
    if claim.reading is not None:
        return _read(next(iter(specs)), claim, claim.reading)
    position = position or position_of(claim)
    lines: list[Line] = []
    since, began = time.time(), time.perf_counter()

    def prepared() -> Iterator[Line]:
        # One after the other: of a long chain only a few may be run.
        for spec, part in zip(specs, claim.parts, strict=True):
            upstreams = inputs.resolve(spec, part, chunks, lines)
            lines.append(Line(spec, part, upstreams, call, position))
            yield lines[-1]

    block = _first_block(claim)
    while block:
        whole = all(
            line.run(block.start, block.stop, number, began)
            for number, line in enumerate(lines if block.start else prepared())
        )
        block = _next_block(claim, block, time.perf_counter() - began) if whole else range(0)
    landed = [_landed(line, since) for line in lines]
    for line, its in zip(lines, landed, strict=True):
        its.nbytes = size(line.values)
    if claim.saving is not None:
        saved = keeper.save(claim.saving, list(map(_held, lines, landed)))
        for its, digest in zip(landed, saved, strict=True):
            its.digest = digest
    for number, (line, its) in enumerate(zip(lines, landed, strict=True)):
        if claim.parts[number].passing:
            its.dropped = _drop(line, number, claim, lines)
    nbytes = sum(its.nbytes for its in landed if not its.dropped)
    return Chunk(map(_held, lines, landed), nbytes), Report(claim.number, landed)


def _read(spec: TaskSpec, claim: Claim, reading: Reading) -> tuple[Chunk, Report]:
    """A claim whose rows are kept; of one that is broken no row is done."""
    rows = claim.parts[0].rows
    outcomes = keeper.read(reading, rows)
    if outcomes is None:
        return Chunk(), Report(claim.number)
    values, states = outcomes
    landed = Landed(
        done=len(values),
        states={row: without_result(state) for row, state in states.items()},
        ends=array("f", bytes(4 * len(values))),
        began=time.time(),
        digest=reading.place.digest,
    )
    _measure(landed, spec, values)
    return Chunk([Held(rows, values, states)]), Report(claim.number, [landed])


def position_of(claim: Claim) -> Position:
    """Where a claim begins, and when it is to end at the latest."""
    in_blocks = len(_first_block(claim)) < row_ranges.count(claim.parts[0].rows)
    return Position(len(claim.parts), claim.box * GRACE if in_blocks else claim.box)


def _first_block(claim: Claim) -> range:
    rows = row_ranges.count(claim.parts[0].rows)
    return range(rows if len(claim.parts) == 1 else min(rows, FIRST_BLOCK))


def _next_block(claim: Claim, block: range, at: float) -> range:
    """As many rows as all parts can run in what is left of the box; none where that is nothing."""
    left = row_ranges.count(claim.parts[0].rows) - block.stop
    size = min(2 * len(block), LARGEST_BLOCK, left)
    if at > 0 and not math.isinf(claim.box):
        size = min(size, int((claim.box - at) / (at / block.stop)))
    return range(block.stop, block.stop + max(size, 0))


def _drop(line: Line, number: int, claim: Claim, lines: Sequence[Line]) -> Rows:
    """Empties the places that all parts that take from this one are done with."""
    takers = [at for at, part in enumerate(claim.parts) if Beside(number) in part.sources]
    if takers[-1] >= len(lines):
        return ()
    done = min(len(lines[at].values) for at in takers)
    still = {
        place
        for at in takers
        for place, state in lines[at].states.items()
        if not state.is_finished()
    }
    gone = [place for place in range(done) if place not in still]
    for place in gone:
        line.values[place] = None
    return row_ranges.of(line.row(place) for place in gone)


def _held(line: Line, landed: Landed) -> Held:
    ran, _ = row_ranges.split(line.rows, landed.done)
    return Held(ran, line.values, line.by_row(line.states), landed.dropped)


def _landed(line: Line, began: float) -> Landed:
    spec = line.spec
    landed = Landed(
        done=len(line.values),
        left=tuple(line.row(place) for place in line.left),
        states=_told(line),
        ends=line.ends,
        began=began,
        seconds=line.seconds,
    )
    _measure(landed, spec, line.values)
    return landed


def _measure(landed: Landed, spec: TaskSpec, values: list[Any]) -> None:
    if values and spec.measured:
        landed.length = length(values[0])
    if values and spec.counted:
        count: Any = flattening.count if spec.mapped else functools.partial(length, flatten=True)
        landed.counts = [count(value) for value in values]


def _told(line: Line) -> dict[int, State]:
    """The states without the results, which stay with the chunk.

    But failures are told whole, and so are pauses, of which no chunk is kept.
    """
    left = set(line.left)
    return line.by_row(
        {
            place: without_result(state) if state.is_successful() else state
            for place, state in line.states.items()
            if place not in left
        }
    )


def without_result(state: State) -> State:
    told = object.__new__(type(state))
    vars(told).update({**vars(state), "result": None})
    return told


def length(value: Any, *, flatten: bool = False) -> int | Exception:
    """How many items a value has to map over; or what it raises, as a dict without keys 0, 1, ...

    That matters only if it is mapped over in the end.
    """
    try:
        if flatten:
            value = flattening.flattened(value)
        if not hasattr(value, "__getitem__") or not hasattr(value, "__len__"):
            return UNMAPPABLE
        if isinstance(value, dict):
            for key in range(len(value)):
                value[key]
        return len(value)
    except Exception as exc:  # noqa: BLE001  # a value of anybody's making
        return exc
