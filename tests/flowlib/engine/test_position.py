"""Where a claim stands, between its thread and one that has it stop."""

import pytest

from flowlib.engine.position import Position


@pytest.mark.parametrize(
    ("begun", "kept"),
    [([0], (1,)), ([3], (3,)), ([0, 0], (1, 0)), ([4, 2], (4, 2))],
)
def test_what_has_begun_is_kept_and_the_first_row_always(
    begun: list[int], kept: tuple[int, ...]
) -> None:
    position = Position(len(begun), box=1.0)
    position.begun[:] = begun

    assert position.stop() == kept


def test_after_a_stop_only_the_first_row_may_begin() -> None:
    position = Position(1, box=1.0)
    position.stop()

    assert position.goes_on(0.0)
    assert position.until < 0.5  # so that the next row asks
    assert not position.goes_on(0.5)


def test_a_row_begins_while_the_box_lasts() -> None:
    position = Position(1, box=1.0)

    assert [position.goes_on(at) for at in (0.0, 0.9, 1.0)] == [True, True, False]
