"""Rows of a column: ranges in order, since most claims and chunks are one range."""

import bisect
import itertools
from collections.abc import Iterable, Iterator

Rows = tuple[range, ...]


def count(rows: Iterable[range]) -> int:
    return sum(map(len, rows))


def each(rows: Iterable[range]) -> Iterator[int]:
    for part in rows:
        yield from part


def merged(rows: Iterable[range]) -> Rows:
    """The same rows, in order, as few ranges as can be; the ranges do not overlap."""
    out: list[range] = []
    for part in sorted(rows, key=lambda part: part.start):
        if not part:
            continue
        if out and out[-1].stop == part.start:
            out[-1] = range(out[-1].start, part.stop)
        else:
            out.append(part)
    return tuple(out)


def split(rows: Rows, number: int) -> tuple[Rows, Rows]:
    """The first so many rows, and the others."""
    first: list[range] = []
    for at, part in enumerate(rows):
        if len(part) > number:
            if number:
                first.append(part[:number])
            return tuple(first), (part[number:], *rows[at + 1 :])
        first.append(part)
        number -= len(part)
    return tuple(first), ()


class Places:
    """Where rows stand among these, which are in order; a question costs little, however many."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._starts = [part.start for part in rows]
        self._before = [0, *itertools.accumulate(map(len, rows))]

    def of(self, row: int) -> int | None:
        """None: it is not among them."""
        at = bisect.bisect(self._starts, row) - 1
        if at < 0 or row >= self._rows[at].stop:
            return None
        return self._before[at] + row - self._starts[at]


def minus(rows: Iterable[range], others: Iterable[range]) -> Rows:
    """These rows but the others, in their order; the others do not overlap each other."""
    ordered = sorted((other for other in others if other), key=lambda other: other.start)
    if not ordered:
        return tuple(rows)
    starts = [other.start for other in ordered]
    out: list[range] = []
    for part in rows:
        at = part.start
        for index in range(max(bisect.bisect(starts, at) - 1, 0), len(ordered)):
            other = ordered[index]
            if other.start >= part.stop:
                break
            if at < other.start:
                out.append(range(at, other.start))
            at = max(at, other.stop)
        if at < part.stop:
            out.append(range(at, part.stop))
    return tuple(out)


def of(numbers: Iterable[int]) -> Rows:
    """These rows, which are in order."""
    out: list[range] = []
    for number in numbers:
        if out and out[-1].stop == number:
            out[-1] = range(out[-1].start, number + 1)
        else:
            out.append(range(number, number + 1))
    return tuple(out)
