"""Where the values of a column are: which rows lie in which part of which claim's chunk."""

import bisect
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from flowlib.engine import rows as row_ranges


class Key(NamedTuple):
    """A part of the chunk of a claim."""

    claim: int
    part: int


class Pieces:
    """Rows of a column in order, each stretch with the part of a chunk that holds it."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._parts: list[tuple[range, Key]] = []

    def __iter__(self) -> Iterator[tuple[range, Key]]:
        return iter(self._parts)

    def add(self, rows: Iterable[range], key: Key) -> None:
        """These rows, of which none is here yet, lie there."""
        for part in rows:
            at = bisect.bisect(self._starts, part.start)
            self._starts.insert(at, part.start)
            self._parts.insert(at, (part, key))

    def keys(self) -> set[Key]:
        return {key for _, key in self._parts}

    def clear(self) -> None:
        self._starts.clear()
        self._parts.clear()

    def locate(self, rows: Iterable[range]) -> tuple[list[tuple[range, Key]], row_ranges.Rows]:
        """The stretches that hold these rows, in the rows' order; and the rows nobody holds."""
        found: list[tuple[range, Key]] = []
        missing: list[range] = []
        for part in rows:
            at = part.start
            index = max(bisect.bisect(self._starts, at) - 1, 0)
            while at < part.stop:
                held, key = self._parts[index] if index < len(self._parts) else (None, None)
                if held is not None and held.stop <= at:
                    index += 1
                elif held is None or key is None or held.start > at:
                    stop = part.stop if held is None else min(part.stop, held.start)
                    missing.append(range(at, stop))
                    at = stop
                else:
                    stop = min(part.stop, held.stop)
                    found.append((range(at, stop), key))
                    at = stop
        return found, tuple(missing)

    def remove(self, rows: Iterable[range], key: Key) -> None:
        """These rows lie there no more."""
        for part in rows:
            for stretch, holder in self.locate((part,))[0]:
                if holder != key:
                    continue
                at = bisect.bisect(self._starts, stretch.start) - 1
                whole = self._parts[at][0]
                left = (range(whole.start, stretch.start), range(stretch.stop, whole.stop))
                del self._starts[at], self._parts[at]
                self.add((rest for rest in left if rest), key)
