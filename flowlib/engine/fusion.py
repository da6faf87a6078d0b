"""Which tasks are run together, in one claim.

The rows of a map and the same rows of the maps that follow it; a single task and the one that
follows it; many single tasks that are ready at the same time.
"""

from collections.abc import Iterator

from flowlib.engine.board import Board
from flowlib.engine.column import Column
from flowlib.engine.rows import Rows
from flowlib.engine.sources import by_row

#: With fewer ready rows for each thread it is better that all threads have something to do.
LEAST_ROWS = 4
#: Most tasks in one claim.
MOST_PARTS = 1_024


def together(board: Board, first: Column, rows: Rows, box: float) -> list[Column]:
    """The columns to run these rows of, in order; the first one always."""
    if _alone(first, box):
        return [first]
    if first.node.mapped:
        return _same_rows(board, first, rows, box)
    return _chain(board, first, box)


def _alone(column: Column, box: float) -> bool:
    return column.estimate is not None and column.estimate > box / 2


def _same_rows(board: Board, first: Column, rows: Rows, box: float) -> list[Column]:
    chosen = [first]
    for column in _related(board, first):
        if column is first or not _fits(first, column, rows, box):
            continue
        if all(
            upstream in chosen or upstream.ended(rows) if by_row(its, upstream) else True
            for its, upstream in zip(column.node.inputs, board.upstreams(column), strict=True)
        ):
            chosen.append(column)
    # What is before the first in the flow's order may have joined: that order holds.
    return sorted(chosen, key=lambda column: column.node.number)


def _fits(first: Column, column: Column, rows: Rows, box: float) -> bool:
    return (
        column.node.resources == first.node.resources
        and column.given is None
        and not _alone(column, box)
        and column.free(rows)
    )


def _related(board: Board, first: Column) -> list[Column]:
    """The maps that go by the rows of this one, or it by theirs, near or far; in order."""
    found, new = {first}, [first]
    while new:
        column = new.pop()
        for other in (*_over(board, column), *_under(board, column)):
            if other not in found and other.width == first.width:
                found.add(other)
                new.append(other)
    return sorted(found, key=lambda column: column.node.number)


def _over(board: Board, column: Column) -> Iterator[Column]:
    for its, upstream in zip(column.node.inputs, board.upstreams(column), strict=True):
        if by_row(its, upstream):
            yield upstream


def _under(board: Board, column: Column) -> Iterator[Column]:
    for downstream in board.downstreams(column):
        if downstream.width is not None and column in _over(board, downstream):
            yield downstream


def _chain(board: Board, first: Column, box: float) -> list[Column]:
    chosen = [first]
    while len(chosen) < MOST_PARTS:
        following = board.downstreams(chosen[-1])
        if len(following) != 1 or not _follows(board, chosen, following[0], box):
            break
        chosen.append(following[0])
    return chosen


def _follows(board: Board, chosen: list[Column], column: Column, box: float) -> bool:
    """Whether it is a single task that waits for nothing but these."""
    if column.node.mapped or column.decided or column.node.held or column.given is not None:
        return False
    if column.node.resources != chosen[0].node.resources or _alone(column, box):
        return False
    return all(
        not its.flattened if upstream in chosen else upstream.complete
        for its, upstream in zip(column.node.inputs, board.upstreams(column), strict=True)
    )
