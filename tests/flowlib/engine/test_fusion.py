"""Which maps are run together, row by row, where values are large."""

from typing import Any

import pytest

from flowlib import Flow, task
from flowlib.engine import graph
from flowlib.engine.board import Board
from flowlib.engine.fusion import LARGE_VALUE, same_rows
from flowlib.engine.progress import Observer
from flowlib.engine.tally import Tally
from flowlib.engine.values import Values


@task
def load(x: int) -> Any: ...


@task
def turn(x: Any) -> Any: ...


@task
def measure(x: Any) -> Any: ...


@task
def total(values: list[Any]) -> Any: ...


def together(flow: Flow, first: str, large: str, wanted: str) -> list[str]:
    """The tasks whose rows go with those of the first one; names are divided by spaces."""
    nodes = graph.nodes(flow)
    board = Board(nodes, {}, Tally(nodes, Observer()), in_order=False)
    board.begin_with({})
    board.decide()
    columns = {column.node.slug: column for column in board.columns}
    for name in large.split():
        columns[f"{name}-1"].measure(2 * LARGE_VALUE, 1)
    numbers = frozenset(columns[f"{name}-1"].node.number for name in wanted.split())
    values = Values(board, numbers, frozenset(), lambda handle, parts: handle)
    chosen = same_rows(board, columns[f"{first}-1"], (range(8),), 0.2, values.passing)
    return [column.node.task.name for column in chosen]


@pytest.mark.parametrize(
    ("large", "wanted", "expected"),
    [
        ("", "total", ["load", "turn", "measure"]),
        ("load turn", "total", ["load", "turn", "measure"]),
        ("load turn measure", "total", ["load", "turn", "measure"]),
        # A value that somebody wants stays: with the small ones it would be kept too long.
        ("load turn", "total turn", ["load"]),
        ("turn", "total turn", ["load"]),
        ("load turn", "total load", ["load"]),
    ],
    ids=repr,
)
def test_large_values_that_pass_are_run_with_what_they_pass_to(
    large: str, wanted: str, expected: list[str]
) -> None:
    with Flow("f") as flow:
        total(measure.map(turn.map(load.map(range(8)))))

    assert together(flow, "load", large, wanted) == expected


@pytest.mark.parametrize(
    ("large", "expected"),
    [("", ["load", "turn", "measure"]), ("load", ["load"]), ("turn", ["load", "measure"])],
    ids=repr,
)
def test_a_large_value_that_something_else_needs_as_well_is_run_alone(
    large: str, expected: list[str]
) -> None:
    with Flow("f") as flow:
        loaded = load.map(range(8))
        turned = turn.map(loaded)
        measured = measure.map(loaded)
        for values in (loaded, turned, measured):
            total(values)

    assert together(flow, "load", large, "total") == expected
