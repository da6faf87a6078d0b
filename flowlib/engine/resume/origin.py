"""What rows were made of: for each input, the digest of what they took.

As JSON has it: ``["whole", digest]`` where every row takes the same; ``["rows", stretches]`` where
each takes its own, a stretch being first row, last but one, digest; ``["beside", part, by row]``
where it comes from an earlier part of the same file.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from flowlib.engine import rows as row_ranges
from flowlib.engine.rows import Rows

Stretch = Sequence[Any]  # (int, int, str)
Origin = Sequence[Any]
Origins = Sequence[Origin]


def within(stretches: Iterable[Stretch], rows: Rows) -> list[Stretch]:
    """Of these stretches, what belongs to these rows; neighbours of the same digest are one."""
    found: list[tuple[int, int, str]] = []
    for start, stop, digest in sorted(stretches, key=lambda its: its[0]):
        for part in rows:
            first, end = max(start, part.start), min(stop, part.stop)
            if first >= end:
                continue
            if found and found[-1][1:] == (first, digest):
                found[-1] = (found[-1][0], end, digest)
            else:
                found.append((first, end, digest))
    return list(found)


def restricted(origins: Origins, rows: Rows) -> list[Origin]:
    """The same, without what belongs to other rows."""
    return [["rows", within(its[1], rows)] if its[0] == "rows" else its for its in origins]


def same(now: Origins, then: Origins, rows: Rows) -> Rows:
    """Of these rows, those that are made of the same."""
    if len(now) != len(then):
        return ()
    for mine, theirs in zip(now, then, strict=True):
        if mine[0] != theirs[0]:
            return ()
        if mine[0] == "whole":
            if mine[1] != theirs[1]:
                return ()
            continue
        rows = common(rows, row_ranges.merged(_agreeing(mine[1], theirs[1])))
    return rows


def _agreeing(mine: Sequence[Stretch], theirs: Sequence[Stretch]) -> Iterator[range]:
    """Where two series of stretches, both in order, have the same digest."""
    place = other = 0
    while place < len(mine) and other < len(theirs):
        (first, stop, digest), (start, end, told) = mine[place], theirs[other]
        if digest == told and max(first, start) < min(stop, end):
            yield range(max(first, start), min(stop, end))
        if stop <= end:
            place += 1
        else:
            other += 1


def common(rows: Rows, others: Rows) -> Rows:
    """The rows that are in both."""
    return row_ranges.minus(rows, row_ranges.minus(rows, others))
