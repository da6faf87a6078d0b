"""Serializers, there and back."""

import datetime
import pickle
from typing import Any

import pandas
import pytest

from flowlib.engine.serializers import (
    CompressedSerializer,
    DateTimeSerializer,
    JSONSerializer,
    PandasSerializer,
    PickleSerializer,
    Serializer,
)


def backwards(data: bytes) -> bytes:
    return data[::-1]


BOTH_WAYS: dict[str, tuple[Serializer, Any]] = {
    "pickle": (PickleSerializer(), {"a": {1, 2}}),
    "JSON": (JSONSerializer(), {"a": [1, None, "ä"]}),
    "time": (
        DateTimeSerializer(),
        datetime.datetime(2026, 11, 26, 1, 2, 3, tzinfo=datetime.UTC),
    ),
    **{
        kind: (CompressedSerializer(PickleSerializer(), kind), [1] * 1000)
        for kind in ("bz2", "gzip", "lzma", "zlib")
    },
    "own compression": (
        CompressedSerializer(JSONSerializer(), compress=backwards, decompress=backwards),
        [1, 2],
    ),
}


@pytest.mark.parametrize(("serializer", "value"), BOTH_WAYS.values(), ids=BOTH_WAYS.keys())
def test_there_and_back(serializer: Serializer, value: Any) -> None:
    data = serializer.serialize(value)
    assert isinstance(data, bytes)
    assert serializer.deserialize(data) == value


def test_lambdas_are_pickled() -> None:
    serializer = PickleSerializer()
    assert serializer.deserialize(serializer.serialize(lambda: 5))() == 5


def test_equal_by_type_and_settings() -> None:
    assert PickleSerializer() == PickleSerializer()
    assert PickleSerializer() != JSONSerializer()
    assert CompressedSerializer(PickleSerializer(), "gzip") == CompressedSerializer(
        PickleSerializer(), "gzip"
    )
    assert CompressedSerializer(PickleSerializer(), "gzip") != CompressedSerializer(
        PickleSerializer(), "bz2"
    )


def test_what_is_no_pickle_says_so() -> None:
    with pytest.raises(pickle.UnpicklingError, match="no pickle"):
        PickleSerializer().deserialize(b"{}")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"format": "rar"}, "bz2, gzip, lzma or zlib"),
        ({}, "both compress and decompress"),
        ({"compress": backwards}, "both compress and decompress"),
        ({"format": "bz2", "compress": backwards}, "either"),
    ],
)
def test_a_compression_must_be_whole(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        CompressedSerializer(PickleSerializer(), **arguments)


def test_pandas() -> None:
    frame = pandas.DataFrame({"x": [1, 2], "y": ["a", None]})
    serializer = PandasSerializer("csv", {"sep": ";"}, {"sep": ";", "index": False})

    assert serializer.serialize(frame) == b"x;y\n1;a\n2;\n"
    pandas.testing.assert_frame_equal(
        serializer.deserialize(serializer.serialize(frame)), frame, check_dtype=False
    )
    pickled = PandasSerializer("pickle")
    pandas.testing.assert_frame_equal(pickled.deserialize(pickled.serialize(frame)), frame)


def test_pandas_does_not_know_the_file_type() -> None:
    with pytest.raises(ValueError, match="'nonsense'"):
        PandasSerializer("nonsense")
