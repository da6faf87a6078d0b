"""What stays where it was made: packed when it travels, unpacked when it is read."""

import pickle
from typing import Any

import pytest

from flowlib.engine import held
from flowlib.engine.held import Chunk, Held
from flowlib.engine.state import Failed


class OfBytes:
    """As numpy's arrays do, it gives its bytes out of band."""

    def __init__(self, data: Any) -> None:
        self.data = data

    def __reduce_ex__(self, protocol: int) -> Any:  # type: ignore[override]
        return OfBytes, (pickle.PickleBuffer(self.data),)


def test_it_travels_packed_and_is_unpacked_when_read(monkeypatch: pytest.MonkeyPatch) -> None:
    unpacked = []
    original = held.unpacked
    monkeypatch.setattr(held, "unpacked", lambda its: unpacked.append(1) or original(its))
    chunk = Chunk([Held((range(2, 4),), [1, "b"], {3: Failed("no")}, (range(2, 3),))], 5)

    # Twice: who only passes it on unpacks nothing.
    came = pickle.loads(pickle.dumps(pickle.loads(pickle.dumps(chunk))))

    (part,) = came.parts
    assert (part.rows, part.dropped, came.nbytes) == ((range(2, 4),), (range(2, 3),), 5)
    assert part.states[3].is_failed()
    assert unpacked == []
    assert (part.values, part.values) == ([1, "b"], [1, "b"])
    assert unpacked == [1]


def test_large_buffers_stay_out_of_the_pickle() -> None:
    buffers: list[pickle.PickleBuffer] = []
    chunk = Chunk([Held((range(1),), [OfBytes(bytearray(10_000))], {})])

    blob = pickle.dumps(chunk, protocol=5, buffer_callback=buffers.append)

    assert len(blob) < 1_000
    (part,) = pickle.loads(blob, buffers=buffers).parts
    assert bytes(part.values[0].data) == bytes(10_000)


def test_what_has_no_name_elsewhere_travels_too() -> None:
    chunk = Chunk([Held((range(1),), [lambda: 7], {})])

    (part,) = pickle.loads(pickle.dumps(chunk)).parts

    assert part.values[0]() == 7


@pytest.mark.parametrize(("row", "place"), [(3, 0), (4, 1), (9, 2), (5, None), (2, None)])
def test_where_a_row_stands(row: int, place: int | None) -> None:
    assert Held((range(3, 5), range(9, 10)), [1, 2, 3], {}).offset(row) == place
