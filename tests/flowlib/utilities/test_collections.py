"""Nested collections."""

import pytest

from flowlib.utilities.collections import DotDict, flatten_seq, merge_dicts


def test_collections() -> None:
    assert list(flatten_seq([1, [2, (3, {4})], "ab"])) == [1, 2, 3, 4, "ab"]
    assert merge_dicts({"a": {"x": 1, "y": 2}, "b": 1}, {"a": {"y": 3}, "b": {"z": 1}}) == {
        "a": {"x": 1, "y": 3},
        "b": {"z": 1},
    }
    dotted = DotDict(a=1)
    dotted.b = 2
    del dotted.a
    assert dotted == {"b": 2}
    assert dotted.b == 2
    with pytest.raises(AttributeError, match="'a'"):
        _ = dotted.a
    with pytest.raises(AttributeError, match="'a'"):
        del dotted.a
