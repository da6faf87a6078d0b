"""Where the values are: who holds them, when they can go, and what must be made again."""

from collections.abc import Iterable, Sequence

from flowlib.engine import rows as row_ranges
from flowlib.engine.board import Board
from flowlib.engine.column import Column
from flowlib.engine.rows import Rows
from flowlib.engine.work import Report
from flowlib.executors.protocol import Handle


class Values:
    """The handles of chunks, by the claims that made them."""

    def __init__(self, board: Board, kept: frozenset[int]) -> None:
        self._board = board
        #: Numbers of the nodes whose values are wanted at the end.
        self._kept = kept
        self._handles: dict[int, Handle] = {}
        #: The rows that each chunk held when it was reported.
        self._held: dict[int, tuple[Column, Rows]] = {}

    def made_by(self, claim: int, handle: Handle) -> None:
        """The chunk of this claim will be behind this handle."""
        self._handles[claim] = handle

    def handle(self, claim: int) -> Handle:
        return self._handles[claim]

    def of(self, column: Column) -> list[tuple[range, Handle]]:
        """Where the values of a column are, in order."""
        return [(part, self._handles[claim]) for part, claim in column.pieces]

    def reported(self, column: Column, claim: int, ran: Rows, finished: Rows) -> None:
        """The chunk of this claim holds the rows that it ran; of use are those that finished."""
        self._held[claim] = (column, ran)
        column.pieces.add(finished, claim)
        if not finished:
            del self._handles[claim]

    def made_again(self, report: Report) -> None:
        """A lost chunk was made again, perhaps of fewer rows: its box was used up; or of none."""
        if report.claim not in self._handles:
            return  # nobody needs it any more
        column, rows = self._held[report.claim]
        missing = row_ranges.count(rows) - report.done
        if missing > 0:
            held, gone = row_ranges.split(rows, report.done)
            column.pieces.remove(gone, report.claim)
            self._held[report.claim] = (column, held)

    def given_up(self, claim: int) -> None:
        """No chunk will come of this claim."""
        del self._handles[claim]

    def release(self, column: Column, finished: Rows) -> None:
        """Lets go of the values before this column that these rows were the last to need."""
        for upstream in self._board.upstreams(column):
            downstreams = self._board.downstreams(upstream)
            if upstream.node.number in self._kept:
                continue
            if all(downstream.complete for downstream in downstreams):
                self._let_go(upstream, upstream.pieces.claims())
            elif upstream.node.mapped and all(
                its.mapped and not its.flattened for its in self._board.ways_out(upstream)
            ):
                holders = {claim for _, claim in upstream.pieces.locate(finished)[0]}
                self._let_go(upstream, [c for c in holders if self._used_up(downstreams, c)])

    def _used_up(self, downstreams: Sequence[Column], claim: int) -> bool:
        """Whether every row downstream of this claim's has ended."""
        return all(
            downstream.decided and downstream.ended(self._held[claim][1])
            for downstream in downstreams
        )

    def _let_go(self, column: Column, claims: Iterable[int]) -> None:
        for claim in claims:
            del self._handles[claim]
            column.pieces.remove(self._held[claim][1], claim)

    def missing(self) -> list[tuple[Column, Rows]]:
        """Values that are wanted at the end, and are gone."""
        return [
            (column, gone)
            for column in self._board.columns
            if column.node.number in self._kept and column.width and column.complete
            if (gone := column.pieces.locate((range(column.width),))[1])
        ]
