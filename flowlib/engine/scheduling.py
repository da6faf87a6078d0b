"""The engine: gives out claims, takes in reports, until nothing is left to do.

What may run is pulled: a few claims are out at a time, and each report makes room for the next.
A row runs as soon as the rows it depends on have ended, so chains of maps go depth first.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flowlib.core.task import Task
from flowlib.engine import fusion
from flowlib.engine import rows as row_ranges
from flowlib.engine.board import Board
from flowlib.engine.column import Column
from flowlib.engine.graph import Node
from flowlib.engine.pieces import Key
from flowlib.engine.resume.ledger import Ledger, kept_box
from flowlib.engine.resume.places import Reading
from flowlib.engine.rows import Rows
from flowlib.engine.sizing import claim_size
from flowlib.engine.sources import Located, locate
from flowlib.engine.state import Killed, Paused
from flowlib.engine.stop import Stop
from flowlib.engine.tally import Tally
from flowlib.engine.values import Values
from flowlib.engine.work import Claim, Kept, Landed, Part, Report
from flowlib.executors.protocol import Session, WorkersLost
from flowlib.utilities.logging import get_logger

logger = get_logger("FlowRunner")

#: Seconds of work for each thread that are out, where claims are short: messages take their time,
#: above all to workers whose threads hold the GIL.
LEAST_AHEAD = 0.3
#: But no more claims than so many windows.
MOST_WINDOWS = 4


@dataclass(frozen=True, slots=True)
class Given:
    """A claim that was given out."""

    #: One for each part.
    columns: tuple[Column, ...]
    rows: tuple[Rows, ...]
    #: Its rows have ended before: only their values are wanted.
    again: bool
    #: Nothing else is given out while it runs: if workers die now, they die of it.
    alone: bool
    #: Its rows are not run but read.
    read: bool = False
    #: How long it may take; a box where that is not known.
    seconds: float = math.inf


class Run:
    """One run of one flow. ``go`` returns when nothing is left that could run, or to be stopped."""

    def __init__(
        self,
        nodes: Sequence[Node],
        session: Session,
        context: Mapping[str, Any],
        tally: Tally,
        wanted: frozenset[int],
        wanted_if_small: frozenset[int],
        stop: Stop,
        task_contexts: Mapping[Task, Mapping[str, Any]] | None = None,
        ledger: Ledger | None = None,
    ) -> None:
        # Without a box everything runs here and now, and order is worth more than depth.
        in_order = math.isinf(session.box)
        self.board = Board(nodes, context, tally, in_order=in_order, task_contexts=task_contexts)
        self.values = Values(self.board, wanted, wanted_if_small, session.narrow)
        self._session = session
        #: Seconds of work that a claim takes; what is kept is kept a claim a file.
        self._box = session.box if ledger is None else kept_box(session.box)
        self._ledger = ledger
        if ledger is not None:
            for column in self.board.columns:
                column.resumes = ledger.resumes(column)
        self._tally = tally
        self._stop = stop
        self._flight: dict[int, Given] = {}
        self._suspected: list[Column] = []
        self._number = 0
        #: Seconds a single task takes.
        self._single: float | None = None

    def go(self) -> None:
        """Runs everything that can be run, and everything that is wanted again."""
        self._stop.wakes(self._session.wake)
        while not self._stop.requested:
            self.board.decide()
            until_due = self.board.wake_due()
            self._give_out()
            if self._flight:
                self._take_in(until_due)
            elif self.board.has_ready:
                continue  # what was to be given out turned out to need something made again
            elif until_due is not None:
                self._stop.wait(until_due)
            elif missing := self.values.missing():
                self._make_again(missing)
            else:
                return
        self._end_early()

    def paused(self) -> list[Column]:
        """Tasks with rows that wait for somebody to resume them."""
        return [column for column in self.board.columns if column.paused]

    def resume(self, column: Column) -> None:
        """Has its paused rows run when ``go`` is called again."""
        column.resume()
        self.board.wake(column)

    def _end_early(self) -> None:
        """What has begun may end, as long as the stop allows; nothing else is begun."""
        left = self._stop.seconds_left
        logger.info("Stopped by %s: what has begun has %.0f s to end", self._stop.by, max(left, 0))
        out = {number: self.values.handle(number) for number in self._flight}
        for number in self._session.stop(out):
            del self._flight[number]
            self.values.given_up(number)
        while self._flight and (left := self._stop.seconds_left) > 0:
            self._tally.publish(min(len(self._flight), self._session.threads))
            self._take_in(left)
        self.board.decide()
        self._tally.publish(0)
        ended = all(column.complete for column in self.board.columns)
        self._stop.cut_short = not ended or bool(self.values.missing())

    # Giving out

    def _give_out(self) -> None:
        if any(given.alone for given in self._flight.values()):
            return
        again = []
        while self._has_room() and (column := self.board.next()):
            while self._has_room() and self._give_out_of(column):
                pass
            again.append(column)
        for column in again:
            self.board.wake(column)
        if not self._flight and self._suspected:
            self._try_alone(self._suspected[0])
        self._tally.publish(min(len(self._flight), self._session.threads))

    def _has_room(self) -> bool:
        """So many claims are out that no thread waits for the next one, and not many more."""
        number, window = len(self._flight), self._session.window
        if number < window or number >= MOST_WINDOWS * window:
            return number < window
        # Short claims may be done before the next ones come.
        work = sum(given.seconds for given in self._flight.values())
        return work < self._session.threads * LEAST_AHEAD

    def _give_out_of(self, column: Column) -> bool:
        """One claim of this column; False if there is none now."""
        again = bool(column.lost)
        if column.resumes and not again and self._read_of(column):
            return True
        rows = column.lost if again else column.ready
        if not rows:
            return False
        number = row_ranges.count(rows)
        # Few that are ready are no reason to share them out, where others are still to come.
        to_come = number if again else column.to_come
        mine, rest = row_ranges.split(rows, self._size([column], to_come))
        columns = [column] if again or column.resumes else self._together(column, number, mine)
        if len(columns) > 1 and column.node.mapped:
            # Never more: that they may be run together was asked for these rows only.
            size = min(row_ranges.count(mine), self._size(columns, to_come))
            mine, rest = row_ranges.split(rows, size)
        located = self._located(columns, mine)
        if located is None:
            return False
        if again:
            column.lost = rest
        else:
            self.board.take(columns, mine)
        self._submit(columns, mine, located, again=again)
        return True

    def _size(self, columns: Sequence[Column], to_come: int) -> int:
        """How many rows a claim of these columns takes, of which so many are to come."""
        known = [column.estimate for column in columns if column.estimate is not None]
        nbytes = sum(column.bytes_a_row for column in columns)
        threads = self._session.threads
        return claim_size(to_come, threads, sum(known) if known else None, self._box, nbytes)

    def _together(self, column: Column, ready: int, rows: Rows) -> list[Column]:
        """The columns to run these rows of, which are some of so many that are ready."""
        session = self._session
        if math.isinf(session.box):
            return [column]
        if not column.node.mapped:
            return fusion.singles(self.board, column, session.threads, self._single, self._box)
        if ready < fusion.LEAST_ROWS * session.threads:
            return [column]
        return fusion.same_rows(self.board, column, rows, self._box, self.values.passing)

    def _read_of(self, column: Column) -> bool:
        """One claim of rows of this column that an earlier attempt has finished."""
        assert self._ledger is not None
        kept = self._ledger.kept(self.board, column)
        column.resumes = self._ledger.resumes(column)
        if kept is None:
            return False
        rows, reading = kept
        self.board.take([column], rows)
        self._submit([column], rows, Located([()], [], []), reading=reading)
        return True

    def _try_alone(self, column: Column) -> None:
        """With nothing else to do: one row of those of which workers may have died."""
        rows, rest = row_ranges.split(column.suspects, 1)
        located = self._located([column], rows)
        if located is not None:
            column.suspects = rest
            if not rest:
                self._suspected.remove(column)
            self._submit([column], rows, located, alone=True)

    def _located(self, columns: Sequence[Column], rows: Rows) -> Located | None:
        """Where the inputs of these rows are; None where they must be made again first."""
        located = locate(columns, self.board.upstreams, rows)
        if located.missing:
            self._make_again(located.missing)
            return None
        return located

    def _make_again(self, missing: Sequence[tuple[Column, Rows]]) -> None:
        for column, rows in missing:
            coming = list(column.lost)
            for given in self._flight.values():
                for its, its_rows in zip(given.columns, given.rows, strict=True):
                    if its is column:
                        coming += its_rows
            column.lost = row_ranges.merged([*column.lost, *row_ranges.minus(rows, coming)])
            self.board.wake(column)

    def _submit(
        self,
        columns: Sequence[Column],
        rows: Rows,
        located: Located,
        *,
        again: bool = False,
        alone: bool = False,
        reading: Reading | None = None,
    ) -> None:
        self._number += 1
        # What is made again must be whole: others count on each of its rows.
        box = math.inf if again else self._box
        parts = tuple(
            Part(rows, sources, column.retries(rows), self.values.passing(column, columns))
            for column, sources in zip(columns, located.sources, strict=True)
        )
        saving = None
        if self._ledger is not None and not (again or reading):
            saving = self._ledger.saving(self.board, self._number, columns, rows, located)
        claim = Claim(self._number, parts, box, saving, reading)
        inputs = [self.values.handle(number) for number in located.claims]
        if any(column.node.counted for column in columns):
            self._tally.begun()
        estimates = [c.estimate if c.node.mapped else self._single for c in columns]
        known = [estimate for estimate in estimates if estimate is not None]
        self._flight[claim.number] = Given(
            tuple(columns),
            (rows,) * len(parts),
            again,
            alone,
            read=reading is not None,
            seconds=sum(known) * row_ranges.count(rows) if len(known) == len(parts) else math.inf,
        )
        specs = [self.board.spec(column) for column in columns]
        self.values.made_by(claim.number, self._session.submit(specs, claim, inputs))

    # Taking in

    def _take_in(self, timeout: float | None) -> None:
        report = self._session.next_report(timeout)
        while report is not None:
            self._take(report)
            # What is there already is taken in before anything is given out.
            report = self._session.next_report(0) if self._flight else None

    def _take(self, report: Report) -> None:
        given = self._flight.get(report.claim)
        if report.refused is not None:
            raise report.refused
        if given is None:
            if report.kept is None:
                for column, rows, landed in self.values.made_again(report):
                    self._ended_otherwise(column, rows, landed)
        elif report.kept is not None:
            self._handed_back(given, report, report.kept)
        elif report.deadly is not None:
            self._deadly(given, report)
        elif given.again:
            self._made_again(given, report)
        else:
            self._ended(given, report)

    def _ended(self, given: Given, report: Report) -> None:
        """Rows have run: most of them have ended, some are to be tried again."""
        del self._flight[report.claim]
        ended = [
            self._part_ended(Key(report.claim, number), column, rows, its, read=given.read)
            for number, (column, rows, its) in enumerate(_parts(given, report))
        ]
        self.values.all_reported(report.claim)
        # Only now, since what follows a part may be another part.
        for column, finished, back in ended:
            if back:
                self.board.become_ready(column, back)
            self.board.wake(column)
            self.board.ended(column, finished)
        for column, finished, _ in ended:
            self.values.release(column, finished)

    def _part_ended(
        self, key: Key, column: Column, rows: Rows, landed: Landed, *, read: bool
    ) -> tuple[Column, Rows, Rows]:
        """The column, the rows of it that have ended, and those that are handed back."""
        ran, rest = row_ranges.split(rows, landed.done)
        back = (*rest, *row_ranges.of(landed.left))
        column.put_back(back)
        if not read:
            self._estimate(column, landed.seconds, landed.done - len(landed.left))
        if landed.length is not None:
            column.length = landed.length
        if landed.counts is not None:
            column.count_items(ran, landed.counts)
        unfinished = {row: s for row, s in landed.states.items() if not s.is_finished()}
        for row, state in unfinished.items():
            column.put_off(row, state)
        states = landed.states
        if unfinished:
            states = {row: s for row, s in states.items() if row not in unfinished}
        finished = row_ranges.minus(ran, landed.unfinished)
        column.finish(finished, states)
        column.times.append((ran, landed.began, landed.ends))
        column.measure(landed.nbytes, landed.done)
        self.values.reported(key, column, ran, row_ranges.minus(finished, landed.dropped))
        if self._ledger is not None:
            succeeded = row_ranges.count(finished) - sum(s.is_failed() for s in states.values())
            self._ledger.reported(key, column.node.task.name, landed.digest, succeeded)
        self._tally.finished(column.node, row_ranges.count(finished), states, read=read)
        return column, finished, back

    def _estimate(self, column: Column, seconds: float, number: int) -> None:
        column.estimate_from(seconds, number)
        if number and not column.node.mapped:
            self._single = seconds if self._single is None else (self._single + seconds) / 2

    def _made_again(self, given: Given, report: Report) -> None:
        del self._flight[report.claim]
        for number, (column, rows, landed) in enumerate(_parts(given, report)):
            ran, rest = row_ranges.split(rows, landed.done)
            again = landed.unfinished
            self._attempted_again(column, again, landed)
            column.lost = row_ranges.merged([*column.lost, *rest, *again])
            held = row_ranges.minus(ran, again)
            self.values.reported(Key(report.claim, number), column, ran, held)
            self._ended_otherwise(column, held, landed)
            self.board.wake(column)
        self.values.all_reported(report.claim)

    def _attempted_again(self, column: Column, rows: Rows, landed: Landed) -> None:
        """These want another attempt. They get it at once, since they had ended before, and as
        long as their retries last. Raises WorkersLost where one waits for somebody instead."""
        for row in row_ranges.each(rows):
            if row in landed.left:
                continue
            if isinstance(landed.states[row], Paused):
                raise WorkersLost(
                    f"{column.node.task.name}: a worker was lost with what it had made, and it "
                    "paused when that was to be made again"
                )
            column.previous[row] = landed.states[row]

    def _ended_otherwise(self, column: Column, rows: Rows, landed: Landed) -> None:
        """These had ended before; where one fails now, that is what it came to."""
        failed = {
            row: state
            for row, state in landed.states.items()
            if state.is_failed() and any(row in part for part in rows)
        }
        skipped = column.skipped
        news = column.fail_after_all(failed)
        self._tally.failed_after_all(column.node, news, skipped - column.skipped)

    def _handed_back(self, given: Given, report: Report, kept: Kept) -> None:
        """The claim runs on, with what it has begun only."""
        mine = []
        for number, column, rows in zip(kept.rows, given.columns, given.rows, strict=True):
            keeps, rest = row_ranges.split(rows, number)
            mine.append(keeps)
            if rest:
                column.put_back(rest)
                self.board.become_ready(column, rest)
        self._flight[report.claim] = replace(given, rows=tuple(mine))
        self._estimate(given.columns[kept.part], kept.seconds, kept.rows[kept.part])

    def _deadly(self, given: Given, report: Report) -> None:
        """Workers died of the claim, or of another one that they held at the same time."""
        exc = report.deadly
        del self._flight[report.claim]
        self.values.given_up(report.claim)
        if given.again and exc is not None:
            # It did not kill before: this is no row's fault that could be told apart.
            name = given.columns[0].node.task.name
            raise WorkersLost(f"{name}: {exc}") from exc
        if given.alone:
            (column,), (rows,) = given.columns, given.rows
            row = rows[0].start
            column.previous[row] = Killed(f"Error during execution of task: {exc!r}", result=exc)
            self._back(column, rows)
            return
        for column, rows in zip(given.columns, given.rows, strict=True):
            suspects = self.board.waiting_for_nothing(column, rows)
            if suspects:
                column.suspects = row_ranges.merged([*column.suspects, *suspects])
                if column not in self._suspected:
                    self._suspected.append(column)
            self._back(column, row_ranges.minus(rows, suspects))

    def _back(self, column: Column, rows: Rows) -> None:
        column.put_back(rows)
        self.board.become_ready(column, rows)


def _parts(given: Given, report: Report) -> Iterator[tuple[Column, Rows, Landed]]:
    """What became of each part; nothing was run of those that are not told of."""
    landed = [*report.landed, *(Landed() for _ in given.columns[len(report.landed) :])]
    return zip(given.columns, given.rows, landed, strict=True)
