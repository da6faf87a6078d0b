"""What the rows of a claim are given."""

import pytest

from flowlib.engine import inputs
from flowlib.engine.held import Chunk, Held
from flowlib.engine.line import Line
from flowlib.engine.state import Failed, State
from flowlib.engine.work import Input, Part, Piece, Spread, TaskSpec
from flowlib.tasks.core.collections import List

SPEC = TaskSpec(
    number=0,
    task=List(),
    slug="List-1",
    mapped=True,
    inputs=(Input("x", mapped=True, flattened=True),),
    constants={},
    known={},
    constant_states={},
    context={},
    measured=False,
)
NOTHING: list[Line] = []


def spread(
    values: list[object], states: dict[int, State], skipped: int, number: int
) -> list[object]:
    """What so many rows are given of these children, after the first items."""
    chunk = Chunk([Held((range(len(values)),), values, states)])
    pieces = (Piece(0, 0, 0, len(values)),)
    part = Part((range(number),), (Spread(((pieces, skipped, number),)),), {})
    (each,) = inputs.resolve(SPEC, part, [chunk], NOTHING)
    return [each.value(place) for place in range(number)]


def test_rows_of_a_flattened_map_take_the_items_of_its_children() -> None:
    assert spread([[1, 2], [], [3]], {}, 0, 3) == [1, 2, 3]
    assert spread([[1, 2], [], [3]], {}, 1, 2) == [2, 3]
    assert spread([5, "ab"], {}, 0, 3) == [5, "a", "b"]


def test_a_child_that_failed_stands_for_one_item_of_its_own_state() -> None:
    error = ValueError("no")

    assert spread([[1], error], {1: Failed(result=error)}, 0, 2) == [1, error]


def test_a_child_that_came_again_with_fewer_items_fails_the_run() -> None:
    with pytest.raises(RuntimeError, match="must return as many items each time"):
        spread([[1], [2]], {}, 0, 3)
