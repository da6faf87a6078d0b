"""The engine: gives out claims, takes in reports, until nothing is left to do.

What may run is pulled: a few claims are out at a time, and each report makes room for the next.
A row runs as soon as the rows it depends on have ended, so chains of maps go depth first.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flowlib.core.task import Task
from flowlib.engine import rows as row_ranges
from flowlib.engine.board import Board
from flowlib.engine.column import Column
from flowlib.engine.graph import Node
from flowlib.engine.rows import Rows
from flowlib.engine.sizing import claim_size
from flowlib.engine.sources import Located, locate
from flowlib.engine.state import Killed
from flowlib.engine.stop import Stop
from flowlib.engine.tally import Tally
from flowlib.engine.values import Values
from flowlib.engine.work import Claim, Report
from flowlib.executors.protocol import Session, WorkersLost
from flowlib.utilities.logging import get_logger

logger = get_logger("FlowRunner")


@dataclass(frozen=True, slots=True)
class Given:
    """A claim that was given out."""

    column: Column
    rows: Rows
    #: Its rows have ended before: only their values are wanted.
    again: bool
    #: Nothing else is given out while it runs: if workers die now, they die of it.
    alone: bool


class Run:
    """One run of one flow. ``go`` returns when nothing is left that could run, or to be stopped."""

    def __init__(
        self,
        nodes: Sequence[Node],
        session: Session,
        context: Mapping[str, Any],
        tally: Tally,
        kept: frozenset[int],
        stop: Stop,
        task_contexts: Mapping[Task, Mapping[str, Any]] | None = None,
    ) -> None:
        # Without a box everything runs here and now, and order is worth more than depth.
        in_order = math.isinf(session.box)
        self.board = Board(nodes, context, tally, in_order=in_order, task_contexts=task_contexts)
        self.values = Values(self.board, kept)
        self._session = session
        self._tally = tally
        self._stop = stop
        self._flight: dict[int, Given] = {}
        self._suspected: list[Column] = []
        self._number = 0

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
        window, again = self._session.window, []
        while len(self._flight) < window and (column := self.board.next()):
            while len(self._flight) < window and self._give_out_of(column):
                pass
            again.append(column)
        for column in again:
            self.board.wake(column)
        if not self._flight and self._suspected:
            self._try_alone(self._suspected[0])
        self._tally.publish(min(len(self._flight), self._session.threads))

    def _give_out_of(self, column: Column) -> bool:
        """One claim of this column; False if there is none now."""
        again = bool(column.lost)
        rows = column.lost if again else column.ready
        if not rows:
            return False
        size = claim_size(
            row_ranges.count(rows), self._session.threads, column.estimate, self._session.box
        )
        mine, rest = row_ranges.split(rows, size)
        located = self._located(column, mine)
        if located is None:
            return False
        if again:
            column.lost = rest
        else:
            column.ready = rest
        self._submit(Given(column, mine, again, alone=False), located)
        return True

    def _try_alone(self, column: Column) -> None:
        """With nothing else to do: one row of those of which workers may have died."""
        rows, rest = row_ranges.split(column.suspects, 1)
        located = self._located(column, rows)
        if located is not None:
            column.suspects = rest
            if not rest:
                self._suspected.remove(column)
            self._submit(Given(column, rows, again=False, alone=True), located)

    def _located(self, column: Column, rows: Rows) -> Located | None:
        """Where the inputs of these rows are; None where they must be made again first."""
        located = locate(column.node.inputs, self.board.upstreams(column), rows)
        if located.missing:
            self._make_again(located.missing)
            return None
        return located

    def _make_again(self, missing: Sequence[tuple[Column, Rows]]) -> None:
        for column, rows in missing:
            coming = [column.lost]
            coming += [given.rows for given in self._flight.values() if given.column is column]
            known = {row for part in coming for row in row_ranges.each(part)}
            wanted = [range(row, row + 1) for row in row_ranges.each(rows) if row not in known]
            column.lost = row_ranges.merged([*column.lost, *wanted])
            self.board.wake(column)

    def _submit(self, given: Given, located: Located) -> None:
        self._number += 1
        column = given.column
        previous = column.previous and {
            row: column.previous[row]
            for row in row_ranges.each(given.rows)
            if row in column.previous
        }
        # What is made again must be whole: others count on each of its rows.
        box = math.inf if given.again else self._session.box
        claim = Claim(self._number, given.rows, located.sources, previous, box)
        inputs = [self.values.handle(number) for number in located.claims]
        if column.node.counted:
            self._tally.begun()
        self._flight[claim.number] = given
        handle = self._session.submit(self.board.spec(column), claim, inputs)
        self.values.made_by(claim.number, handle)

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
                self.values.made_again(report)
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
        column = given.column
        ran, rest = self._landed(given, report)
        column.make_ready(rest)
        column.estimate_from(report.seconds, report.done)
        if report.length is not None:
            column.length = report.length
        if report.counts is not None:
            column.count_items(ran, report.counts)
        unfinished = {row: s for row, s in report.states.items() if not s.is_finished()}
        for row, state in unfinished.items():
            column.put_off(row, state)
        states = {row: s for row, s in report.states.items() if row not in unfinished}
        finished = row_ranges.without(ran, unfinished)
        column.finish(finished, states)
        self.values.reported(column, report.claim, ran, finished)
        self._tally.finished(column.node, row_ranges.count(finished), states)
        self.board.wake(column)
        self.board.ended(column, finished)
        self.values.release(column, finished)

    def _made_again(self, given: Given, report: Report) -> None:
        ran, rest = self._landed(given, report)
        given.column.lost = row_ranges.merged([*given.column.lost, *rest])
        self.values.reported(given.column, report.claim, ran, ran)
        self.board.wake(given.column)

    def _landed(self, given: Given, report: Report) -> tuple[Rows, Rows]:
        """The rows that the claim has run, and those that it has not."""
        del self._flight[report.claim]
        return row_ranges.split(given.rows, report.done)

    def _handed_back(self, given: Given, report: Report, kept: int) -> None:
        """The claim runs on, with its first rows only."""
        mine, rest = row_ranges.split(given.rows, kept)
        self._flight[report.claim] = replace(given, rows=mine)
        given.column.estimate_from(report.seconds, kept)
        given.column.make_ready(rest)
        self.board.wake(given.column)

    def _deadly(self, given: Given, report: Report) -> None:
        """Workers died of the claim, or of another one that they held at the same time."""
        column, exc = given.column, report.deadly
        self._landed(given, report)
        if given.again and exc is not None:
            # It did not kill before: this is no row's fault that could be told apart.
            raise WorkersLost(f"{column.node.task.name}: {exc}") from exc
        if given.alone:
            row = given.rows[0].start
            column.previous[row] = Killed(f"Error during execution of task: {exc!r}", result=exc)
            column.make_ready(given.rows)
        else:
            column.suspects = row_ranges.merged([*column.suspects, *given.rows])
            if column not in self._suspected:
                self._suspected.append(column)
        self.board.wake(column)
