"""The engine: gives out claims, takes in reports, until nothing is left to do.

What may run is pulled: a few claims are out at a time, and each report makes room for the next.
A row runs as soon as the rows it depends on have ended, so chains of maps go depth first.
"""

import datetime
import math
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flowlib.engine import chunk, mapping
from flowlib.engine import rows as row_ranges
from flowlib.engine.column import Column
from flowlib.engine.graph import Node
from flowlib.engine.inputs import state_of
from flowlib.engine.rows import Rows
from flowlib.engine.sizing import claim_size
from flowlib.engine.sources import Located, locate, taken_whole
from flowlib.engine.state import Failed, State
from flowlib.engine.tally import Tally
from flowlib.engine.work import Claim, Report, TaskSpec
from flowlib.executors.protocol import Handle, Session


@dataclass(frozen=True, slots=True)
class Given:
    """A claim that was given out."""

    column: Column
    rows: Rows
    #: Its rows have ended before: only their values are wanted.
    again: bool
    #: Nothing else is given out while it runs: if workers die now, they die of it.
    alone: bool = False


class Run:
    """One run of one flow. ``go`` returns when nothing is left that could run."""

    def __init__(
        self,
        nodes: Sequence[Node],
        session: Session,
        context: Mapping[str, Any],
        tally: Tally,
        kept: frozenset[int],
    ) -> None:
        self.columns = [Column(node) for node in nodes]
        self._session = session
        self._context = dict(context)
        self._tally = tally
        #: Nodes whose values are wanted at the end.
        self._kept = kept
        self._undecided = deque(self.columns)
        #: Columns with rows to give out.
        self._waking: set[Column] = set()
        self._flight: dict[int, Given] = {}
        self._reported: dict[int, Given] = {}
        self._handles: dict[int, Handle] = {}
        self._number = 0

    # The loop

    def go(self) -> None:
        """Runs everything that can be run, and everything that is wanted again."""
        while True:
            self._decide()
            self._give_out()
            if self._flight:
                self._wait(self._until_due())
            elif any(column.lost for column in self._waking):
                pass  # the inputs of something turned out to be lost while it was given out
            elif (due := self._until_due()) is not None:
                time.sleep(max(due, 0))
            elif not self._missing_results():
                return

    def _wait(self, timeout: float | None) -> None:
        report = self._session.next_report(timeout)
        while report is not None:
            self._take(report)
            # What is there already is taken in before anything is given out.
            report = self._session.next_report(0) if self._flight else None

    def _until_due(self) -> float | None:
        dues = [due for column in self._waking if (due := column.next_due) is not None]
        return max(min(dues) - time.monotonic(), 0) if dues else None

    # Deciding: does a task have rows, and how many?

    def _decide(self) -> None:
        while self._undecided:
            column = self._undecided.popleft()
            if column.decided:
                continue
            upstreams = self._upstreams(column)
            if column.node.mapped:
                self._decide_map(column, upstreams)
            elif all(upstream.complete for upstream in upstreams):
                if column.node.held:
                    self._settle(column, self._run_here(column))
                else:
                    self._open(column, 1)

    def _decide_map(self, column: Column, upstreams: Sequence[Column]) -> None:
        before = []
        for its, upstream in zip(column.node.inputs, upstreams, strict=True):
            if not upstream.decided or not (
                _has_children(upstream, its.mapped) or upstream.complete
            ):
                return
            whole = taken_whole(its, upstream)
            before.append(
                mapping.Before(
                    mapped=its.mapped,
                    failed=upstream.any_failed and not _has_children(upstream, its.mapped),
                    skipped=upstream.any_skipped and not _has_children(upstream, its.mapped),
                    length=None if whole else _length(upstream),
                )
            )
        answer = mapping.decide(column.node.task, before)
        if isinstance(answer, State):
            self._settle(column, answer)
        else:
            self._open(column, answer)

    def _run_here(self, column: Column) -> State:
        made, _ = chunk.run(self._spec(column), Claim(0, (range(1),), (), {}, math.inf), ())
        return state_of(made, 0)

    def _settle(self, column: Column, state: State) -> None:
        column.settled = state
        self._tally.settled(column.node, state)
        self._spread(column, ())

    def _open(self, column: Column, width: int) -> None:
        column.open(width)
        self._tally.opened(column.node, width)
        if column.node.mapped:
            self._become_ready(column, (range(width),))
        else:
            column.make_ready((range(1),))
            self._waking.add(column)
        # A map over this one needs to know no more than its width.
        self._undecided.extend(self._downstreams(column))
        if column.complete:
            self._spread(column, ())

    # Spreading: what may run now that these rows have ended?

    def _spread(self, column: Column, finished: Rows) -> None:
        for downstream in self._downstreams(column):
            if not downstream.decided:
                self._undecided.append(downstream)
            elif downstream.width and downstream.node.mapped:
                self._become_ready(downstream, finished)
        self._release(column, finished)

    def _become_ready(self, column: Column, rows: Rows) -> None:
        """Of these rows, those are ready whose upstream rows have all ended."""
        parts = [range(part.start, min(part.stop, column.width or 0)) for part in rows]
        for its, upstream in zip(column.node.inputs, self._upstreams(column), strict=True):
            if _has_children(upstream, its.mapped):
                parts = [ended for part in parts for ended in upstream.finished_within(part)]
        column.make_ready(parts)
        self._wake(column)

    def _wake(self, column: Column) -> None:
        if column.has_work:
            self._waking.add(column)
        else:
            self._waking.discard(column)

    def _release(self, column: Column, finished: Rows) -> None:
        """Lets go of the values before this column that these rows were the last to need."""
        for upstream in self._upstreams(column):
            if upstream.node.number in self._kept:
                continue
            if all(downstream.complete for downstream in self._downstreams(upstream)):
                self._let_go(upstream, upstream.pieces.claims())
            elif all(_has_children(upstream, by_row) for by_row in self._ways_out(upstream)):
                holders = {claim for _, claim in upstream.pieces.locate(finished)[0]}
                self._let_go(upstream, {c for c in holders if self._used_up(upstream, c)})

    def _let_go(self, column: Column, claims: set[int]) -> None:
        for number in claims:
            self._handles.pop(number, None)
            column.pieces.remove(self._reported[number].rows, number)

    def _used_up(self, column: Column, claim: int) -> bool:
        """Whether every row downstream of this claim's has ended."""
        return all(
            downstream.decided and downstream.ended(self._reported[claim].rows)
            for downstream in self._downstreams(column)
        )

    def _ways_out(self, column: Column) -> list[bool]:
        """Whether it is mapped over, for each edge from it."""
        return [
            its.mapped
            for downstream in self._downstreams(column)
            for its, number in zip(downstream.node.inputs, downstream.node.upstreams, strict=True)
            if number == column.node.number
        ]

    # Giving out

    def _give_out(self) -> None:
        if any(given.alone for given in self._flight.values()):
            return
        now = time.monotonic()
        for column in self._waking:
            column.take_due(now)
        window = self._session.window
        for column in sorted(self._waking, key=self._order):
            while len(self._flight) < window and self._give_out_of(column):
                pass
            self._wake(column)
            if len(self._flight) >= window:
                break
        if not self._flight:
            self._try_suspect()
        self._tally.publish(min(len(self._flight), self._session.threads))

    def _order(self, column: Column) -> tuple[bool, int]:
        # Without a box everything runs here, one task after the other, as they were added;
        # else the deepest first, which lets values go soonest.
        deepest = column.node.number if math.isinf(self._session.box) else -column.node.depth
        return (not column.lost, deepest)

    def _give_out_of(self, column: Column) -> bool:
        """One claim of this column; False if there is none now."""
        again = bool(column.lost)
        rows = column.lost if again else column.ready
        if not rows:
            return False
        mine, rest = row_ranges.split(rows, self._size(column, rows))
        located = locate(column.node.inputs, self._upstreams(column), mine)
        if located.missing:
            self._make_again(located.missing)
            return False
        if again:
            column.lost = rest
        else:
            column.ready = rest
        self._submit(column, mine, located, again=again)
        return True

    def _try_suspect(self) -> None:
        """With nothing else to do: one row, alone, of which workers may have died."""
        column = next((column for column in self._waking if column.suspects), None)
        if column is None:
            return
        rows, rest = row_ranges.split(column.suspects, 1)
        located = locate(column.node.inputs, self._upstreams(column), rows)
        if located.missing:
            self._make_again(located.missing)
        else:
            column.suspects = rest
            self._submit(column, rows, located, alone=True)

    def _size(self, column: Column, rows: Rows) -> int:
        session = self._session
        return claim_size(row_ranges.count(rows), session.threads, column.estimate, session.box)

    def _submit(
        self,
        column: Column,
        rows: Rows,
        located: Located,
        *,
        again: bool = False,
        alone: bool = False,
    ) -> None:
        self._number += 1
        previous = (
            {row: column.previous[row] for row in row_ranges.each(rows) if row in column.previous}
            if column.previous
            else {}
        )
        # What is made again must be whole: others count on each of its rows.
        box = math.inf if again else self._session.box
        claim = Claim(self._number, rows, located.sources, previous, box)
        handles = [self._handles[number] for number in located.claims]
        if column.node.counted:
            self._tally.begun()
        self._flight[claim.number] = Given(column, rows, again, alone)
        self._handles[claim.number] = self._session.submit(self._spec(column), claim, handles)

    def _spec(self, column: Column) -> TaskSpec:
        if column.spec is None:
            node = column.node
            upstreams = self._upstreams(column)
            column.spec = TaskSpec(
                number=node.number,
                task=node.task,
                slug=node.slug,
                mapped=node.mapped,
                inputs=node.inputs,
                constants=node.constants,
                known={
                    number: upstream.settled
                    for number, (its, upstream) in enumerate(
                        zip(node.inputs, upstreams, strict=True)
                    )
                    if upstream.settled is not None and taken_whole(its, upstream)
                },
                context=self._context,
                measured=not node.mapped and not node.held and any(self._ways_out(column)),
            )
        return column.spec

    # Taking in

    def _take(self, report: Report) -> None:
        if report.kept is not None:
            self._handed_back(report, report.kept)
            return
        given = self._flight.pop(report.claim, None)
        if given is None:
            self._made_again(report)
            return
        if report.refused is not None:
            raise report.refused
        column = given.column
        if report.deadly is not None:
            self._deadly(given, report.deadly)
            return
        ran, rest = row_ranges.split(given.rows, report.done)
        if not report.done:
            del self._handles[report.claim]
        self._reported[report.claim] = Given(column, ran, given.again)
        if given.again:
            column.lost = row_ranges.merged([*column.lost, *rest])
            column.pieces.add(ran, report.claim)
            self._wake(column)
            return
        column.make_ready(rest)
        column.estimate_from(report.seconds, report.done)
        if report.length is not None:
            column.length = report.length
        unfinished = {row: s for row, s in report.states.items() if not s.is_finished()}
        for row, state in unfinished.items():
            self._put_off(column, row, state)
            del report.states[row]
        finished = row_ranges.without(ran, unfinished)
        column.finish(finished, report.states)
        column.pieces.add(finished, report.claim)
        self._tally.finished(column.node, row_ranges.count(finished), report.states)
        self._wake(column)
        self._spread(column, finished)

    def _handed_back(self, report: Report, kept: int) -> None:
        """A claim runs on, with its first rows only."""
        given = self._flight.get(report.claim)
        if given is not None:  # else it was made again, and what it does not hold is known
            mine, rest = row_ranges.split(given.rows, kept)
            self._flight[report.claim] = replace(given, rows=mine)
            given.column.estimate_from(report.seconds, kept)
            given.column.make_ready(rest)
            self._wake(given.column)

    def _put_off(self, column: Column, row: int, state: State) -> None:
        """A row waits for its next attempt; one that is paused waits for nobody here."""
        start_time: datetime.datetime | None = getattr(state, "start_time", None)
        if start_time is not None:
            delay = (start_time - datetime.datetime.now(datetime.UTC)).total_seconds()
            column.retry_at(time.monotonic() + delay, row, state)
        else:
            column.states[row] = state

    def _deadly(self, given: Given, exc: BaseException) -> None:
        """Workers died of a claim, or of another one that they held at the same time."""
        column, rows = given.column, given.rows
        if given.again:
            raise exc  # it did not kill before: this is no row's fault that could be told apart
        if given.alone:
            row = rows[0].start
            column.previous[row] = Failed(f"Error during execution of task: {exc!r}", result=exc)
            column.make_ready(rows)
        else:
            column.suspects = row_ranges.merged([*column.suspects, *rows])
        self._wake(column)

    # Making again what was lost with a worker

    def _made_again(self, report: Report) -> None:
        """A lost chunk was made again; its box may have been used up after fewer rows."""
        given = self._reported.get(report.claim)
        if given is not None and report.done < row_ranges.count(given.rows):
            kept, gone = row_ranges.split(given.rows, report.done)
            if report.claim in self._handles:
                given.column.pieces.remove(gone, report.claim)
            self._reported[report.claim] = Given(given.column, kept, given.again)

    def _make_again(self, missing: Sequence[tuple[Column, Rows]]) -> None:
        flying = {
            (given.column, part)
            for given in self._flight.values()
            if given.again
            for part in given.rows
        }
        for column, rows in missing:
            wanted = [
                range(row, row + 1)
                for row in row_ranges.each(rows)
                if not any(col is column and row in part for col, part in flying)
                and not any(row in part for part in column.lost)
            ]
            column.lost = row_ranges.merged([*column.lost, *wanted])
            self._wake(column)

    def _missing_results(self) -> bool:
        """Whether values that are wanted at the end must be made again."""
        missing = [
            (column, gone)
            for column in self.columns
            if column.node.number in self._kept and column.width and column.complete
            if (gone := column.pieces.locate((range(column.width),))[1])
        ]
        self._make_again(missing)
        return bool(missing)

    # Neighbours

    def _upstreams(self, column: Column) -> list[Column]:
        return [self.columns[number] for number in column.node.upstreams]

    def _downstreams(self, column: Column) -> list[Column]:
        return [self.columns[number] for number in column.node.downstreams]

    def handles(self, column: Column) -> list[tuple[range, Handle]]:
        """Where the values of a column are, in order."""
        return [(part, self._handles[claim]) for part, claim in column.pieces]


def _has_children(upstream: Column, mapped: bool) -> bool:
    """A row of a map over this one takes the child of the same number."""
    return mapped and upstream.node.mapped and upstream.width is not None


def _length(upstream: Column) -> int | None:
    if upstream.settled is not None:
        return chunk.length(upstream.settled.result)
    return upstream.width if upstream.node.mapped else upstream.length
