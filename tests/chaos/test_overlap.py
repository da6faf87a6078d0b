"""What the overlap scenario reads out of the audit log."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.chaos.overlap import Stay, out_of_order, together
from tests.e2e.audit import Request

T0 = datetime(2026, 11, 25, tzinfo=UTC)


def stay(name: str, begin: int, end: int) -> Stay:
    return Stay(name, T0 + timedelta(seconds=begin), T0 + timedelta(seconds=end))


def created(name: str, second: int) -> Request:
    at = T0 + timedelta(seconds=second)
    return Request(at, at, "somebody", "create", "flowruns", "", "n", name, 201)


@pytest.mark.parametrize(
    ("stays", "most"),
    [
        ([stay("a", 0, 2), stay("b", 2, 4)], 1),  # what begins when another has ended
        ([stay("a", 0, 3), stay("b", 2, 4)], 2),
        ([stay("a", 0, 9), stay("b", 1, 2), stay("c", 3, 4)], 2),
    ],
)
def test_how_many_there_were_at_once(stays: list[Stay], most: int) -> None:
    assert max(together(stays)) == most


def test_whoever_came_first_begins_first() -> None:
    came = [created(name, second) for second, name in enumerate("abcd")]
    in_order = [stay(name, begin, begin + 1) for begin, name in enumerate("abcd")]
    assert list(out_of_order(came, in_order, limit=1)) == []
    pairs = [stay(name, begin, begin + 1) for begin, name in enumerate("badc")]
    assert list(out_of_order(came, pairs, limit=2)) == []
    assert len(list(out_of_order(came, pairs, limit=1))) == 2
    together = [created(name, 0) for name in "abcd"]
    assert list(out_of_order(together, pairs, limit=1)) == []
