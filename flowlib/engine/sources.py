"""Where the inputs of a claim are."""

from collections.abc import Sequence
from typing import NamedTuple

from flowlib.engine.column import Column
from flowlib.engine.inputs import cut
from flowlib.engine.rows import Rows
from flowlib.engine.work import (
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


class Located(NamedTuple):
    """The inputs of a claim, or what must be made again first."""

    sources: tuple[Source, ...]
    #: The claims whose chunks hold the values; sources name them by place.
    claims: list[int]
    missing: list[tuple[Column, Rows]]


def locate(inputs: Sequence[Input], upstreams: Sequence[Column], rows: Rows) -> Located:
    """Finds each input of these rows."""
    places: dict[int, int] = {}
    missing: list[tuple[Column, Rows]] = []

    def pieces(column: Column, wanted: Rows) -> tuple[Piece, ...]:
        found, gone = column.pieces.locate(wanted)
        if gone:
            missing.append((column, gone))
        return tuple(
            Piece(places.setdefault(claim, len(places)), part.start, part.stop)
            for part, claim in found
        )

    def source(its: Input, column: Column) -> Source:
        if column.settled is not None:
            if taken_whole(its, column):
                return Known()
            return Items(cut(its.of(column.settled.result), rows))
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
        chunk = at[0].chunk if at else 0
        return Single(chunk) if taken_whole(its, column) else Cut(chunk)

    sources = tuple(source(its, column) for its, column in zip(inputs, upstreams, strict=True))
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
