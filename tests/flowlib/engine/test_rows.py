"""Ranges of rows, the pieces that hold them, and the size of claims."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowlib.engine import rows as row_ranges
from flowlib.engine.pieces import Key, Pieces
from flowlib.engine.sizing import MOST, claim_size

some_rows = st.sets(st.integers(0, 40)).map(
    lambda found: row_ranges.merged(range(row, row + 1) for row in found)
)


def flat(rows: row_ranges.Rows) -> list[int]:
    return list(row_ranges.each(rows))


@given(some_rows, st.integers(0, 50))
def test_splitting_loses_nothing(rows: row_ranges.Rows, number: int) -> None:
    first, rest = row_ranges.split(rows, number)

    assert flat(first) + flat(rest) == flat(rows)
    assert row_ranges.count(first) == min(number, row_ranges.count(rows))


@given(some_rows, some_rows)
def test_leaving_rows_out(rows: row_ranges.Rows, left_out: row_ranges.Rows) -> None:
    assert flat(row_ranges.minus(rows, left_out)) == [
        row for row in flat(rows) if row not in flat(left_out)
    ]


@given(st.sets(st.integers(0, 40)))
def test_rows_of_numbers(numbers: set[int]) -> None:
    assert flat(row_ranges.of(sorted(numbers))) == sorted(numbers)


def test_neighbours_are_merged() -> None:
    assert row_ranges.merged([range(5, 7), range(2), range(2, 5), range(9, 9)]) == (range(7),)


@given(st.lists(st.tuples(some_rows, some_rows), max_size=6), some_rows)
def test_pieces_know_who_holds_a_row(
    changes: list[tuple[row_ranges.Rows, row_ranges.Rows]], wanted: row_ranges.Rows
) -> None:
    pieces, holders = Pieces(), dict[int, Key]()
    for number, (added, removed) in enumerate(changes):
        claim = Key(number, 0)
        new = row_ranges.minus(added, row_ranges.of(sorted(holders)))
        pieces.add(new, claim)
        holders.update(dict.fromkeys(flat(new), claim))
        pieces.remove(removed, claim)
        holders = {r: c for r, c in holders.items() if c != claim or r not in flat(removed)}

    found, missing = pieces.locate(wanted)

    assert {row: claim for part, claim in found for row in part} == {
        row: claim for row, claim in holders.items() if row in flat(wanted)
    }
    assert [row for part, _ in found for row in part] == [r for r in flat(wanted) if r in holders]
    assert flat(missing) == [row for row in flat(wanted) if row not in holders]


@pytest.mark.parametrize(
    ("ready", "threads", "estimate", "size"),
    [
        (100, 2, None, 25),  # a share for every thread, twice
        (1_000_000, 2, None, MOST),
        (100, 2, 1.0, 1),  # a row that overfills the box goes alone
        (100, 2, 0.01, 9),  # what fits
        (10_000, 2, 0.000_001, 3_000),  # what is worth sending
        (2, 2, None, 1),  # few large tasks use all threads
        (1, 64, None, 1),
    ],
)
def test_a_claim_has_so_many_rows(
    ready: int, threads: int, estimate: float | None, size: int
) -> None:
    assert claim_size(ready, threads, estimate, box=0.1) == size


def test_large_values_go_in_small_claims() -> None:
    assert claim_size(1_000, 2, 0.000_1, 0.1, bytes_a_row=10e6) == 6


def test_without_a_box_a_claim_takes_everything() -> None:
    assert claim_size(1_000_000, 1, 1.0, math.inf) == 1_000_000
