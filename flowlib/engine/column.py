"""A column: the rows of one task while the flow runs. A single task is a column of one."""

import bisect
import datetime
import heapq
import itertools
import time
from collections.abc import Iterable, Iterator, Sequence

from flowlib.engine import rows as row_ranges
from flowlib.engine.graph import Node
from flowlib.engine.pieces import Pieces
from flowlib.engine.rows import Rows
from flowlib.engine.state import Mapped, Paused, Resume, Scheduled, State
from flowlib.engine.work import Ends, TaskSpec


class Column:
    """What is known of a task's rows. Changed by the engine's thread only."""

    def __init__(self, node: Node) -> None:
        self.node = node
        #: How many rows it has; None until that is known.
        self.width: int | None = None
        #: The state of a task that has no rows to run: held here, or a map without children.
        self.settled: State | None = None
        #: 1 for each row that has ended.
        self.done = bytearray()
        #: 1 for each row that was given out, or has ended, or waits for a retry.
        self.taken = bytearray()
        #: How many nobody has taken.
        self._free = 0
        #: The states that are more than a success with a value.
        self.states: dict[int, State] = {}
        self.finished = 0
        self.failed = 0
        self.skipped = 0
        #: Rows to be given out.
        self.ready: Rows = ()
        #: Rows that have ended, but whose values are gone and are needed again.
        self.lost: Rows = ()
        #: Rows of which workers died, or of one that was beside them.
        self.suspects: Rows = ()
        #: Rows whose last attempt counts: those that wait for a retry or are to be run again.
        self.previous: dict[int, State] = {}
        #: The state in which it begins, left by another run.
        self.given: State | None = None
        #: Rows of it are kept of an earlier attempt, and it is not known of all whether they fit.
        self.resumes = False
        self.pieces = Pieces()
        #: Seconds a row takes.
        self.estimate: float | None = None
        #: About how many bytes the values take, and of how many rows that is known.
        self.nbytes = 0
        self.measured = 0
        #: How many items the single value has.
        self.length: int | Exception | None = None
        #: How many items the value of each row has, where these are mapped over.
        self._counts: list[int | Exception] = []
        #: Their sums, up to and with each row; made when all are known.
        self._ends: list[int] = []
        self.spec: TaskSpec | None = None
        #: When the rows of each report ended: seconds since it began, and when that was.
        self.times: list[tuple[Rows, float, Ends]] = []
        self._due: list[tuple[float, int]] = []

    @property
    def decided(self) -> bool:
        """It is known how many rows it has, or that it has none."""
        return self.settled is not None or self.width is not None

    @property
    def complete(self) -> bool:
        return self.settled is not None or self.finished == self.width

    @property
    def all_successful(self) -> bool:
        if self.settled is not None:
            return self.settled.is_successful()
        return self.complete and all(state.is_successful() for state in self.states.values())

    @property
    def any_failed(self) -> bool:
        return self.settled.is_failed() if self.settled is not None else self.failed > 0

    @property
    def any_skipped(self) -> bool:
        return self.settled.is_skipped() if self.settled is not None else self.skipped > 0

    def open(self, width: int) -> None:
        """It has so many rows."""
        self.width = width
        self.done = bytearray(width)
        self.taken = bytearray(width)
        self._free = width
        if isinstance(self.given, Mapped):
            # A child that is not known any more is None.
            known: list[State | None] = list(self.given.map_states[:width])
            self.previous = {row: child for row, child in enumerate(known) if child is not None}
        elif self.given is not None:
            self.previous = dict.fromkeys(range(width), self.given)

    def make_ready(self, rows: Iterable[range]) -> None:
        """Of these rows, those that nobody has taken may be given out."""
        free = [gap for part in rows for gap in _stretches(self.taken, 0, part)]
        self.ready = row_ranges.merged([*self.ready, *row_ranges.minus(free, self.ready)])

    def take(self, rows: Rows) -> None:
        """These rows are given out, or wait for a retry."""
        for part in rows:
            self._free -= self.taken.count(0, part.start, part.stop)
            self.taken[part.start : part.stop] = b"\1" * len(part)
        self.ready = row_ranges.minus(self.ready, rows)

    def put_back(self, rows: Rows) -> None:
        """These rows are nobody's again; whether they are ready is another question."""
        for part in rows:
            self._free += self.taken.count(1, part.start, part.stop)
            self.taken[part.start : part.stop] = bytes(len(part))

    def free(self, rows: Rows) -> bool:
        """Whether nobody has taken any of these rows, and all of them exist."""
        return all(
            part.stop <= len(self.taken) and self.taken.find(1, part.start, part.stop) < 0
            for part in rows
        )

    def finish(self, rows: Rows, states: dict[int, State]) -> None:
        """These rows have ended, those not named in states as plain successes."""
        for part in rows:
            self.done[part.start : part.stop] = b"\1" * len(part)
        self.finished += row_ranges.count(rows)
        self.states.update(states)
        self.failed += sum(state.is_failed() for state in states.values())
        self.skipped += sum(state.is_skipped() for state in states.values())

    def fail_after_all(self, states: dict[int, State]) -> dict[int, State]:
        """Rows that had ended failed when they were made again; of those it is news of."""
        ended = {row: self.states.get(row) for row in states}
        news = {row: states[row] for row, old in ended.items() if not (old and old.is_failed())}
        self.failed += len(news)
        self.skipped -= sum(old.is_skipped() for old in ended.values() if old)
        self.states.update(news)
        return news

    def finished_within(self, part: range) -> Iterator[range]:
        """The stretches of these rows that have ended."""
        return _stretches(self.done, 1, part)

    def ended(self, rows: Rows) -> bool:
        """Whether these rows, as far as there are such, have all ended."""
        return all(self.done.find(0, part.start, part.stop) < 0 for part in rows)

    def measure(self, nbytes: int, number: int) -> None:
        """The values of so many more rows take so many bytes."""
        self.nbytes += nbytes
        self.measured += number

    @property
    def bytes_a_row(self) -> float:
        return self.nbytes / self.measured if self.measured else 0.0

    @property
    def to_come(self) -> int:
        """Rows to be shared out: of equal shares until a first one tells what a row takes, of
        ever smaller ones from then on, so that all threads end at the same time."""
        if self.estimate is None:
            return len(self.done) - self.finished
        return self._free

    def estimate_from(self, seconds: float, number: int) -> None:
        if number:
            now = seconds / number
            self.estimate = now if self.estimate is None else (self.estimate + now) / 2

    def count_items(self, rows: Rows, counts: Sequence[int | Exception]) -> None:
        """The values of these rows have so many items."""
        self._counts = self._counts or [0] * (self.width or 0)
        for row, number in zip(row_ranges.each(rows), counts, strict=True):
            self._counts[row] = number

    @property
    def items(self) -> int | Exception:
        """How many items the values of all rows have, or what raised when they were counted."""
        total = 0
        for number in self._counts:
            if isinstance(number, Exception):
                return number
            total += number
        return total

    def holding(self, items: range) -> tuple[range, int]:
        """The rows that hold these items, and how many of the first one's come before them."""
        numbers = (number for number in self._counts if isinstance(number, int))
        self._ends = self._ends or list(itertools.accumulate(numbers))
        first = bisect.bisect(self._ends, items.start)
        last = bisect.bisect(self._ends, items.stop - 1)
        before = self._ends[first - 1] if first else 0
        return range(first, last + 1), items.start - before

    def put_off(self, row: int, state: State) -> None:
        """A row waits for its time; one that is paused waits for somebody to resume it."""
        start_time: datetime.datetime | None = getattr(state, "start_time", None)
        if start_time is None:
            self.states[row] = state
            return
        delay = (start_time - datetime.datetime.now(datetime.UTC)).total_seconds()
        self.retry_at(time.monotonic() + delay, row, state)

    def take_resting(self, rows: Rows) -> Rows:
        """Of these rows, those nobody has taken and whose time has come; others wait for it."""
        now = datetime.datetime.now(datetime.UTC)
        resting = [
            row
            for row, state in self.previous.items()
            # A row that is taken waits for its retry already.
            if not self.taken[row]
            and isinstance(state, Scheduled)
            and (state.start_time is None or state.start_time > now)
            and any(row in part for part in rows)
        ]
        waiting = row_ranges.of(sorted(resting))
        self.take(waiting)
        for row in resting:
            self.put_off(row, self.previous[row])
        return row_ranges.minus(rows, waiting)

    def resume(self) -> None:
        """Rows that are paused become ready."""
        paused = [row for row, state in self.states.items() if isinstance(state, Paused)]
        for row in paused:
            del self.states[row]
            self.previous[row] = Resume("Approval given to resume.")
        rows = row_ranges.of(sorted(paused))
        self.put_back(rows)
        self.make_ready(rows)

    @property
    def paused(self) -> bool:
        return any(isinstance(state, Paused) for state in self.states.values())

    def retry_at(self, due: float, row: int, state: State) -> None:
        self.previous[row] = state
        heapq.heappush(self._due, (due, row))

    def retries(self, rows: Rows) -> dict[int, State]:
        """What became of the last attempt of these rows, where there was one."""
        if not self.previous:
            return {}
        return {row: self.previous[row] for row in row_ranges.each(rows) if row in self.previous}

    @property
    def next_due(self) -> float | None:
        """When the next retry may begin."""
        return self._due[0][0] if self._due else None

    def take_due(self, now: float) -> None:
        """Rows whose retry may begin become ready."""
        due = []
        while self._due and self._due[0][0] <= now:
            row = heapq.heappop(self._due)[1]
            due.append(row)
        rows = row_ranges.of(sorted(due))
        self.put_back(rows)
        self.make_ready(rows)


def _stretches(marks: bytearray, mark: int, part: range) -> Iterator[range]:
    """Of these rows, the stretches that are marked so."""
    at = part.start
    while at < part.stop and (start := marks.find(mark, at, part.stop)) >= 0:
        stop = marks.find(1 - mark, start, part.stop)
        at = part.stop if stop < 0 else stop
        yield range(start, at)
