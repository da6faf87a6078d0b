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


def minus(rows: Iterable[range], others: Iterable[range]) -> Rows:
    """These rows but the others."""
    out = list(rows)
    for other in others:
        left: list[range] = []
        for part in out:
            left.append(range(part.start, min(part.stop, other.start)))
            left.append(range(max(part.start, other.stop), part.stop))
        out = [part for part in left if part]
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
