"""Where the inputs of a claim are."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from flowlib.engine.column import Column
from flowlib.engine.flattening import with_result
from flowlib.engine.inputs import cut
from flowlib.engine.rows import Rows
from flowlib.engine.state import Success
from flowlib.engine.work import (
    Beside,
    Cut,
    Input,
    Items,
    Joined,
    Known,
    Piece,
    Rowwise,
    Single,
    Source,
    Spread,
)

#: The columns before one, one for each of its inputs.
Upstreams = Callable[[Column], Sequence[Column]]


class Located(NamedTuple):
    """The inputs of a claim, or what must be made again first."""

    #: For each of its parts.
    sources: list[tuple[Source, ...]]
    #: The claims whose chunks hold the values; sources name them by place.
    claims: list[int]
    missing: list[tuple[Column, Rows]]


def locate(parts: Sequence[Column], upstreams: Upstreams, rows: Rows) -> Located:
    """Finds each input of these rows of each of these columns, which are run together."""
    places: dict[int, int] = {}
    missing: list[tuple[Column, Rows]] = []

    def pieces(column: Column, wanted: Rows) -> tuple[Piece, ...]:
        found, gone = column.pieces.locate(wanted)
        if gone:
            missing.append((column, gone))
        return tuple(
            Piece(places.setdefault(key.claim, len(places)), key.part, part.start, part.stop)
            for part, key in found
        )

    def source(its: Input, column: Column) -> Source:
        if column in parts:
            return Beside(parts.index(column))
        if column.settled is not None:
            if taken_whole(its, column):
                return Known()
            plain = type(column.settled) is Success
            state = None if plain else with_result(column.settled, None)
            return Items(cut(its.of(column.settled.result), rows), state)
        if column.node.mapped:
            if by_row(its, column):
                return Rowwise(pieces(column, rows))
            if its.mapped:
                return Spread(
                    tuple(
                        (pieces(column, (children,)), skipped, len(part))
                        for part in rows
                        for children, skipped in [column.holding(part)]
                    )
                )
            return Joined(pieces(column, (range(column.width or 0),)))
        at = pieces(column, (range(1),))
        # The place does not matter where the piece is missing: nothing is given out then.
        chunk, part = (at[0].chunk, at[0].part) if at else (0, 0)
        return Single(chunk, part) if taken_whole(its, column) else Cut(chunk, part)

    sources = [
        tuple(
            source(its, upstream)
            for its, upstream in zip(column.node.inputs, upstreams(column), strict=True)
        )
        for column in parts
    ]
    return Located(sources, list(places), missing)


def has_children(its: Input, upstream: Column) -> bool:
    """Each row takes a child of the upstream, or an item of one."""
    return its.mapped and upstream.node.mapped and upstream.width is not None


def by_row(its: Input, upstream: Column) -> bool:
    """Each row takes the upstream's child of the same number."""
    return has_children(its, upstream) and not its.flattened


def taken_whole(its: Input, upstream: Column) -> bool:
    """An unmapped input, and one that failed and has no items: each row judges it itself."""
    return not its.mapped or (upstream.any_failed and not has_children(its, upstream))
