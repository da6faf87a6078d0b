"""Rows of a column: ranges in order, since most claims and chunks are one range."""

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


def without(rows: Rows, left_out: Iterable[int]) -> Rows:
    """The rows but these."""
    out = list(rows)
    for row in left_out:
        for at, part in enumerate(out):
            if row in part:
                out[at : at + 1] = [range(part.start, row), range(row + 1, part.stop)]
                break
    return tuple(part for part in out if part)
