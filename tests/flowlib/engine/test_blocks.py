"""The blocks of rows that all parts of a claim run before the first one goes on."""

import math

import pytest

from flowlib.engine.chunk import LARGEST_BLOCK, _first_block, _next_block, position_of
from flowlib.engine.work import Claim, Part


def claim(rows: int, parts: int, box: float = 0.1) -> Claim:
    return Claim(1, (Part((range(rows),), (), {}),) * parts, box)


@pytest.mark.parametrize(
    ("rows", "parts", "first"), [(100, 1, range(100)), (100, 3, range(4)), (2, 3, range(2))]
)
def test_the_first_block_is_a_guess(rows: int, parts: int, first: range) -> None:
    assert _first_block(claim(rows, parts)) == first


@pytest.mark.parametrize(
    ("block", "at", "following"),
    [
        (range(4), 0.000_001, range(4, 12)),  # they are fast: twice as many
        (range(4), 0.05, range(4, 8)),  # what fits in the other half of the box
        (range(4), 0.09, range(4, 4)),  # no row fits: the claim ends
        (range(4), 0.2, range(4, 4)),
        (range(90, 98), 0.001, range(98, 100)),  # there are no more
        (range(96, 100), 0.001, range(100, 100)),
    ],
)
def test_a_block_fills_what_is_left_of_the_box(block: range, at: float, following: range) -> None:
    assert _next_block(claim(100, 3), block, at) == following


def test_blocks_grow_up_to_a_limit() -> None:
    block, sizes = _first_block(claim(100_000, 2)), []
    while block:
        sizes.append(len(block))
        block = _next_block(claim(100_000, 2), block, 0.0)

    assert sizes[:4] == [4, 8, 16, 32]
    assert max(sizes) == LARGEST_BLOCK
    assert sum(sizes) == 100_000


@pytest.mark.parametrize(("rows", "parts", "until"), [(9, 1, 0.1), (1, 9, 0.1), (9, 2, 0.125)])
def test_a_block_may_be_a_little_late(rows: int, parts: int, until: float) -> None:
    assert math.isclose(position_of(claim(rows, parts)).until, until)
