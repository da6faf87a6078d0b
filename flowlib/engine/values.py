"""Where the values are: who holds them, when they can go, and what must be made again."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from flowlib.configuration import config
from flowlib.engine import rows as row_ranges
from flowlib.engine.board import Board
from flowlib.engine.column import Column
from flowlib.engine.pieces import Key
from flowlib.engine.rows import Rows
from flowlib.engine.work import Landed, Report
from flowlib.executors.protocol import Handle

#: Bytes that are worth a message of their own: a part that is not needed any more, and as large,
#: does not stay, or travel, with the other parts of its chunk.
LARGE_PART = 10_000_000


class Values:
    """The handles of chunks, by the claims that made them."""

    def __init__(
        self,
        board: Board,
        wanted: frozenset[int],
        wanted_if_small: frozenset[int],
        narrow: Callable[[Handle, Collection[int]], Handle],
    ) -> None:
        """wanted: numbers of the nodes whose values are wanted at the end.

        narrow makes a handle of the same chunk with these parts only.
        """
        self._board = board
        self._narrow = narrow
        self._wanted = wanted
        self._wanted_if_small = wanted_if_small
        self._limit: int = config.engine.gather_bytes
        self._handles: dict[int, Handle] = {}
        #: The rows that each part of a chunk held when it was reported, and is needed for.
        self._held: dict[Key, tuple[Column, Rows]] = {}
        #: The parts of a chunk that are needed.
        self._parts: dict[int, set[int]] = {}
        #: The chunks that still hold parts which are not needed any more.
        self._beyond_need: set[int] = set()

    def keeps(self, column: Column) -> bool:
        """Whether its values are wanted at the end, however small or large they are by now."""
        number = column.node.number
        if number in self._wanted:
            return True
        return number in self._wanted_if_small and column.nbytes <= self._limit

    def passing(self, column: Column, together: Sequence[Column]) -> bool:
        """Whether nobody needs its values but those that are run together with it."""
        downstreams = self._board.downstreams(column)
        return (
            bool(downstreams)
            and not self.keeps(column)
            and all(downstream in together for downstream in downstreams)
        )

    def made_by(self, claim: int, handle: Handle) -> None:
        """The chunk of this claim will be behind this handle."""
        self._handles[claim] = handle

    def handle(self, claim: int) -> Handle:
        return self._handles[claim]

    def needed(self, columns: Iterable[Column]) -> dict[int, list[int] | None]:
        """For each claim whose chunk holds values of these columns: the parts, or None for all."""
        needed: dict[int, set[int]] = {}
        for column in columns:
            for _, key in column.pieces:
                needed.setdefault(key.claim, set()).add(key.part)
        return {
            claim: None
            if parts == self._parts[claim] and claim not in self._beyond_need
            else sorted(parts)
            for claim, parts in needed.items()
        }

    def of(self, column: Column) -> list[tuple[range, Key]]:
        """Where the values of a column are, in order."""
        return list(column.pieces)

    def reported(self, key: Key, column: Column, ran: Rows, finished: Rows) -> None:
        """This part of a chunk holds the rows that it ran; of use are those that finished."""
        if finished:
            self._held[key] = (column, ran)
            self._parts.setdefault(key.claim, set()).add(key.part)
            column.pieces.add(finished, key)

    def all_reported(self, claim: int) -> None:
        """No further part of this chunk is of use."""
        if claim not in self._parts:
            del self._handles[claim]

    def made_again(self, report: Report) -> Iterator[tuple[Column, Rows, Landed]]:
        """A lost chunk was made again, perhaps of other rows: its box was used up; or of none.

        What has become of the rows of each part.
        """
        for part in tuple(self._parts.get(report.claim, ())):
            key = Key(report.claim, part)
            column, rows = self._held[key]
            landed = report.landed[part] if part < len(report.landed) else Landed()
            held, gone = row_ranges.split(rows, landed.done)
            column.pieces.remove((*gone, *landed.unfinished, *landed.dropped), key)
            self._held[key] = (column, held)
            yield column, held, landed

    def given_up(self, claim: int) -> None:
        """No chunk will come of this claim."""
        del self._handles[claim]

    def release(self, column: Column, finished: Rows) -> None:
        """Lets go of the values before this column that these rows were the last to need."""
        for upstream in self._board.upstreams(column):
            downstreams = self._board.downstreams(upstream)
            if self.keeps(upstream):
                continue
            if all(downstream.complete for downstream in downstreams):
                self._let_go(upstream, upstream.pieces.keys())
            elif upstream.node.mapped and all(
                its.mapped and not its.flattened for its in self._board.ways_out(upstream)
            ):
                # Of a column that is wanted no more, since it grew too large, all that was kept.
                late = upstream.node.number in self._wanted_if_small
                near = upstream.pieces.locate(finished)[0]
                holders = upstream.pieces.keys() if late else {key for _, key in near}
                self._let_go(upstream, [key for key in holders if self._used_up(downstreams, key)])

    def _used_up(self, downstreams: Sequence[Column], key: Key) -> bool:
        """Whether every row downstream of these has ended."""
        return all(
            downstream.decided and downstream.ended(self._held[key][1])
            for downstream in downstreams
        )

    def _let_go(self, column: Column, keys: Iterable[Key]) -> None:
        for key in keys:
            rows = self._held.pop(key)[1]
            column.pieces.remove(rows, key)
            parts = self._parts[key.claim]
            parts.discard(key.part)
            if parts and column.bytes_a_row * row_ranges.count(rows) > LARGE_PART:
                self._handles[key.claim] = self._narrow(self._handles[key.claim], parts)
            elif parts:
                self._beyond_need.add(key.claim)
            else:
                self._beyond_need.discard(key.claim)
                del self._parts[key.claim], self._handles[key.claim]

    def missing(self) -> list[tuple[Column, Rows]]:
        """Values that are wanted at the end, and are gone."""
        return [
            (column, gone)
            for column in self._board.columns
            if self.keeps(column) and column.width
            if (gone := column.pieces.locate(column.finished_within(range(column.width)))[1])
        ]
