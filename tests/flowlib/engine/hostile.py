"""A session that does what clusters do: late, in pieces, and again. No Dask and no clock.

Claims run in any order, stop after any row, hand rows back, and chunks are lost: made again with
fewer rows than before, or never.
"""

import random
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from flowlib.engine import chunk
from flowlib.engine import rows as row_ranges
from flowlib.engine.held import Chunk
from flowlib.engine.inputs import ShortPiece
from flowlib.engine.position import Position
from flowlib.engine.work import Claim, Kept, Landed, Report, TaskSpec


@dataclass
class Out:
    """A claim given out, and what came of it."""

    specs: Sequence[TaskSpec]
    claim: Claim
    inputs: Sequence["Out | Narrowed"]
    made: Chunk | None = None
    released: bool = False

    @property
    def whole(self) -> "Out":
        return self


@dataclass
class Narrowed:
    """Some parts of what came of a claim."""

    whole: Out
    parts: Collection[int]

    @property
    def made(self) -> Chunk | None:
        return self.whole.made and self.whole.made.only(self.parts)


class Limited(Position):
    """Lets so many rows begin."""

    def __init__(self, parts: int, rows: int) -> None:
        super().__init__(parts)
        self.until = -1.0
        self._left = rows

    def goes_on(self, at: float) -> bool:
        super().goes_on(at)
        self.until = -1.0
        self._left -= 1
        return self._left >= 0


class Hostile:
    """Executor and session in one."""

    threads = 1
    window = 5
    box = 1.0

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._waiting: list[Out] = []
        self._made: list[Out] = []
        self._late: list[Report] = []
        self._asked = 0

    @contextmanager
    def start(self) -> Iterator["Hostile"]:
        yield self

    def submit(
        self, specs: Sequence[TaskSpec], claim: Claim, inputs: Sequence[Out | Narrowed]
    ) -> Out:
        out = Out(specs, claim, inputs)
        self._waiting.append(out)
        return out

    def next_report(self, timeout: float | None) -> Report | None:
        self._asked += 1
        if self._asked > 100_000:
            raise RecursionError("this run goes round and round")
        if self._late:
            return self._late.pop(0)
        if not self._waiting:
            return None
        if self._made and self._random.random() < 0.2:
            self._lose(self._random.choice(self._made))
            return self._late.pop(0)
        out = self._waiting.pop(self._random.randrange(len(self._waiting)))
        if out.claim.box == self.box and self._random.random() < 0.2:
            # One row takes long: it runs while the rest is already somebody else's.
            self._late.append(self._run(out))
            kept = [
                self._random.randint(landed.done, row_ranges.count(part.rows))
                for part, landed in zip_longest(
                    out.claim.parts, self._late[-1].landed, fillvalue=Landed()
                )
            ]
            return Report(out.claim.number, kept=Kept(tuple(kept), 0, 0.1))
        return self._run(out)

    def _run(self, out: Out) -> Report:
        # A claim whose box is bottomless must be run to its end; any other may stop anywhere.
        claim = out.claim
        number = sum(row_ranges.count(part.rows) for part in claim.parts)
        limit = number
        if claim.box == self.box:
            limit = self._random.randint(1, number)
        try:
            chunks = [source.made or Chunk() for source in out.inputs]
            position = Limited(len(claim.parts), limit)
            out.made, report = chunk.run(out.specs, claim, chunks, position=position)
        except ShortPiece:
            out.made, report = Chunk(), Report(claim.number)
        self._made.append(out)
        return report

    def _lose(self, out: Out) -> None:
        """Its worker is lost: all its inputs and itself are made again, perhaps shorter.

        Or the cluster gives up on it, since it was there when too many workers died.
        """
        if self._random.random() < 0.3:
            self._made.remove(out)
            out.made = None
            self._late.append(Report(out.claim.number, deadly=RuntimeError("killed")))
            return
        for lost in [*out.inputs, out]:
            self._late.append(self._run(lost.whole))

    def wake(self) -> None:
        """It never waits."""

    def stop(self, out: Mapping[int, Out]) -> Collection[int]:
        """Of those that have not begun some are given up, some hand all their rows back, and
        some begin after all."""
        given_up, waiting = [], self._waiting
        self._waiting = []
        for its in waiting:
            fate = self._random.choice(["given up", "handed back", "begun"])
            if fate == "given up":
                given_up.append(its.claim.number)
            elif fate == "handed back":
                self._late.append(Report(its.claim.number))
            else:
                self._waiting.append(its)
        return given_up

    def narrow(self, handle: Out | Narrowed, parts: Collection[int]) -> Narrowed:
        return Narrowed(handle.whole, tuple(parts))

    def fetch(self, handles: Sequence[Out | Narrowed]) -> list[Chunk]:
        return [out.made for out in handles if out.made is not None]

    def apply(self, function: Callable[..., Any], handles: Sequence[Out | Narrowed]) -> Any:
        return function(*self.fetch(handles))
