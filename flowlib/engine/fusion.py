"""Which tasks are run together, in one claim.

The rows of a map and the same rows of the maps that follow it; a single task and the one that
follows it; many single tasks that are ready at the same time.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence

from flowlib.engine.board import Board
from flowlib.engine.column import Column
from flowlib.engine.rows import Rows
from flowlib.engine.sizing import claim_size
from flowlib.engine.sources import by_row

#: With fewer ready rows for each thread it is better that all threads have something to do.
LEAST_ROWS = 4
#: Bytes.
LARGE_VALUE = 1_000_000
#: Most tasks in one claim.
MOST_PARTS = 1_024
#: Seconds that pass between the end of a task and the beginning of the next one elsewhere.
MESSAGE = 0.005


def same_rows(
    board: Board,
    first: Column,
    rows: Rows,
    box: float,
    passing: Callable[[Column, Sequence[Column]], bool],
) -> list[Column]:
    """The maps to run these rows of, in order: this one, and those that go by its rows.

    passing tells whether nobody needs a column's values but those that are run together with it.
    Large ones are run with others if they pass so, or if nothing else stays: each goes as soon as
    it can.
    """
    if _slow(first, box):
        return [first]
    chosen = _chosen(board, first, rows, box)
    if any(map(_large, chosen)):
        staying = [column for column in chosen if not passing(column, chosen)]
        if len(staying) > 1 and any(map(_large, staying)):
            return [first] if _large(first) else _chosen(board, first, rows, box, large=False)
    return chosen


def _chosen(
    board: Board, first: Column, rows: Rows, box: float, *, large: bool = True
) -> list[Column]:
    chosen = [first]
    for column in _related(board, first):
        if column is first or not _fits(first, column, rows, box):
            continue
        if not large and _large(column):
            continue
        if all(
            upstream in chosen or upstream.ended(rows) if by_row(its, upstream) else True
            for its, upstream in zip(column.node.inputs, board.upstreams(column), strict=True)
        ):
            chosen.append(column)
    # What is before the first in the flow's order may have joined: that order holds.
    return sorted(chosen, key=lambda column: column.node.number)


def singles(
    board: Board, first: Column, threads: int, estimate: float | None, box: float
) -> list[Column]:
    """The single tasks to run with this one; they take ``estimate`` seconds each, if known.

    One that nothing else follows but the next is always run with it: nobody could run the two at
    the same time. Others only where they are so many that they are best shared out, or so fast
    that a message takes longer.
    """
    fast = estimate is not None and estimate < MESSAGE
    ready = board.singles
    chosen = [first]
    if fast or len(ready) >= LEAST_ROWS * threads:
        its = first.node.resources
        alike = (c for c in ready if c is not first and c.node.resources == its and not c.resumes)
        few = LEAST_ROWS * threads if fast else 1
        size = max(claim_size(len(ready), threads, estimate, box), few)
        chosen += itertools.islice(alike, size - 1)
    most = min(MOST_PARTS, max(len(chosen), int(box / estimate) if estimate else MOST_PARTS))
    if fast or len(chosen) == 1:
        _add_following(board, chosen, most, only_chains=not fast)
    return chosen


def _add_following(board: Board, chosen: list[Column], most: int, *, only_chains: bool) -> None:
    for column in chosen:  # which grows
        following = board.downstreams(column)
        if only_chains and len(following) != 1:
            return
        for each in following:
            if len(chosen) >= most:
                return
            if each not in chosen and _follows(board, chosen, each):
                chosen.append(each)


def _slow(column: Column, box: float) -> bool:
    return column.estimate is not None and column.estimate > box / 2


def _large(column: Column) -> bool:
    return column.bytes_a_row > LARGE_VALUE


def _fits(first: Column, column: Column, rows: Rows, box: float) -> bool:
    return (
        column.node.resources == first.node.resources
        and column.given is None
        and not column.resumes
        and not _slow(column, box)
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


def _follows(board: Board, chosen: list[Column], column: Column) -> bool:
    """Whether it is a single task that waits for nothing but these."""
    if column.node.mapped or column.node.held or column.given is not None:
        return False
    if column.resumes:
        return False
    if column.decided and not column.free((range(1),)):
        return False
    if column.node.resources != chosen[0].node.resources:
        return False
    return all(
        not its.flattened if upstream in chosen else upstream.complete
        for its, upstream in zip(column.node.inputs, board.upstreams(column), strict=True)
    )
