"""A chunk: what came of a claim. It travels packed, and is unpacked when it is read."""

import pickle
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import cloudpickle

from flowlib.engine.rows import Places, Rows
from flowlib.engine.state import State

#: A pickle, and the large buffers that lie outside of it.
Packed = tuple[bytes, list[pickle.PickleBuffer]]


class Held:
    """The outcomes of one part of a claim."""

    __slots__ = ("_packed", "_places", "_values", "dropped", "rows", "states")

    def __init__(
        self,
        rows: Rows,
        values: Sequence[Any] | Packed,
        states: dict[int, State],
        dropped: Rows = (),
    ) -> None:
        self.rows = rows
        #: Of these rows, those whose values are not here any more.
        self.dropped = dropped
        self._places: Places | None = None
        self._packed: Packed | None = None
        self._values: list[Any] | None = None
        if isinstance(values, list):
            self._values = values
        else:
            self._packed = values  # type: ignore[assignment]  # of the two it is the packed one
        #: By row, the states that are more than a success with a value.
        self.states = states

    def offset(self, row: int) -> int | None:
        """The place of a row among the values; None if it is not here."""
        if self._places is None:
            self._places = Places(self.rows)
        return self._places.of(row)

    @property
    def values(self) -> list[Any]:
        """A result for each of the rows."""
        if self._values is None:
            assert self._packed is not None
            self._values = unpacked(self._packed)
        return self._values

    def __reduce__(self) -> tuple[Any, ...]:
        # Packed apart: who passes it on, or only keeps it, need not make objects of it.
        if self._packed is not None:
            return Held, (self.rows, self._packed, self.states, self.dropped)
        return Held, (self.rows, packed(self._values), self.states, self.dropped)


class Chunk:
    """One for each part; how many bytes that is, for those who must find room for it."""

    __slots__ = ("nbytes", "parts")

    def __init__(self, parts: Iterable[Held] = (), nbytes: int = 0) -> None:
        self.parts = tuple(parts)
        self.nbytes = nbytes

    def __sizeof__(self) -> int:
        return object.__sizeof__(self) + self.nbytes

    def __reduce__(self) -> tuple[Any, ...]:
        return Chunk, (self.parts, self.nbytes)

    def only(self, parts: Collection[int]) -> "Chunk":
        """The chunk without the values of its other parts."""
        nothing = Held((), [], {})
        return Chunk(its if number in parts else nothing for number, its in enumerate(self.parts))


def packed(value: Any) -> Packed:
    """By pickle, which is fast, or by cloudpickle, which also packs what has no name elsewhere."""
    for dumps in (pickle.dumps, cloudpickle.dumps):
        buffers: list[pickle.PickleBuffer] = []
        try:
            blob = dumps(value, protocol=5, buffer_callback=buffers.append)
        except Exception:
            if dumps is cloudpickle.dumps:
                raise
            continue
        if dumps is cloudpickle.dumps or b"__main__" not in blob:
            return blob, buffers
    raise AssertionError("not reached")


def unpacked(its: Packed) -> Any:
    return pickle.loads(its[0], buffers=its[1])
