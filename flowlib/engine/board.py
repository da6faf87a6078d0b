"""Which rows may run: how many each task has, and which of them wait for nothing any more."""

import heapq
import math
import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from flowlib import triggers
from flowlib.core.task import Task
from flowlib.engine import caches, child, chunk, guard, mapping, run_context
from flowlib.engine.column import Column
from flowlib.engine.graph import Node
from flowlib.engine.inputs import MAPPED, state_of
from flowlib.engine.rows import Rows
from flowlib.engine.sources import by_row, has_children, taken_whole
from flowlib.engine.state import Mapped, Pending, State, Success
from flowlib.engine.tally import Tally
from flowlib.engine.work import Claim, Input, Part, TaskSpec
from flowlib.tasks.core.constants import Constant

#: Triggers that one more success before the task is all the same to.
_BLIND = (triggers.all_successful, triggers.all_finished)


class Board:
    """All columns of a run, and those of them that have rows to give out."""

    def __init__(
        self,
        nodes: Sequence[Node],
        context: Mapping[str, Any],
        tally: Tally,
        *,
        in_order: bool,
        task_contexts: Mapping[Task, Mapping[str, Any]] | None = None,
    ) -> None:
        self.columns = [Column(node) for node in nodes]
        self._context = dict(context)
        self._tally = tally
        self._task_contexts = task_contexts or {}
        #: One task after the other, as they stand in the flow; else the deepest first.
        self._in_order = in_order
        self._undecided = deque(self.columns)
        self._queue: list[tuple[bool, int, int]] = []
        self._queued: set[tuple[bool, int, int]] = set()
        self._retrying: set[Column] = set()
        #: Single tasks that are ready.
        self.singles: dict[Column, None] = {}

    def upstreams(self, column: Column) -> list[Column]:
        return [self.columns[number] for number in column.node.upstreams]

    def downstreams(self, column: Column) -> list[Column]:
        return [self.columns[number] for number in column.node.downstreams]

    def ways_out(self, column: Column) -> list[Input]:
        """Every edge from it."""
        return [
            its
            for downstream in self.downstreams(column)
            for its, number in zip(downstream.node.inputs, downstream.node.upstreams, strict=True)
            if number == column.node.number
        ]

    # Whose turn is it?

    def wake(self, column: Column) -> None:
        """Puts a column in line if it has something to give out, now or later."""
        if column.next_due is not None:
            self._retrying.add(column)
        if column.ready and not column.node.mapped:
            self.singles[column] = None
        if column.ready or column.lost:
            depth = 0 if self._in_order else -column.node.depth
            # What is lost is needed by something that could run but for it.
            turn = (not column.lost, depth, column.node.number)
            if turn not in self._queued:
                self._queued.add(turn)
                heapq.heappush(self._queue, turn)

    def next(self) -> Column | None:
        """The next column with rows to give out; it is no longer in line."""
        while self._queue:
            turn = heapq.heappop(self._queue)
            self._queued.discard(turn)
            column = self.columns[turn[2]]
            if column.ready or column.lost:
                return column
        return None

    @property
    def has_ready(self) -> bool:
        """Somebody stands in line."""
        return bool(self._queue)

    def wake_due(self) -> float | None:
        """Rows whose retry may begin become ready; the seconds until the next one may."""
        now = time.monotonic()
        for column in list(self._retrying):
            column.take_due(now)
            self.wake(column)
            if column.next_due is None:
                self._retrying.discard(column)
        dues = [column.next_due for column in self._retrying if column.next_due is not None]
        return max(min(dues) - now, 0) if dues else None

    # What is known before anything runs

    def begin_with(self, states: Mapping[Task, State]) -> None:
        """These tasks begin in states that another run left them in; the finished ones end so."""
        for column in self.columns:
            state = states.get(column.node.task)
            if state is None or (column.node.task.reruns and not state.is_cached()):
                continue
            state = caches.asked_again(column.node.task, state)
            if state.is_finished() and not state.is_mapped():
                self._settle(column, state)
            else:
                column.given = state

    # Does a task have rows, and how many?

    def decide(self) -> None:
        """Opens the columns of which that is known by now."""
        while self._undecided:
            column = self._undecided.popleft()
            if column.decided:
                continue
            upstreams = self.upstreams(column)
            if column.node.mapped:
                self._decide_map(column, upstreams)
            elif all(upstream.complete for upstream in upstreams):
                if column.node.held:
                    self._settle(column, self._known(column))
                else:
                    self._open(column, 1)

    def _decide_map(self, column: Column, upstreams: Sequence[Column]) -> None:
        before = []
        for its, upstream in zip(column.node.inputs, upstreams, strict=True):
            by_child = has_children(its, upstream)
            if not (by_row(its, upstream) or upstream.complete):
                return
            before.append(
                mapping.Before(
                    mapped=its.mapped,
                    failed=upstream.any_failed and not by_child,
                    skipped=upstream.any_skipped and not by_child,
                    length=None if taken_whole(its, upstream) else _length(its, upstream),
                )
            )
        answer = mapping.decide(column.node.task, before)
        if isinstance(answer, int) and isinstance(column.given, Mapped):
            answer = min(answer, column.given.n_map_states)
        state = answer if isinstance(answer, State) else Mapped(MAPPED, n_map_states=answer)
        state = self._changed(column, state)
        if isinstance(state, Mapped):
            self._open(column, state.n_map_states)
        else:
            self._settle(column, state)

    def _changed(self, column: Column, state: State) -> State:
        """The state of a mapped task itself, or what the task's handlers make of it."""
        task = column.node.task
        if not task.state_handlers:
            return state
        with run_context.of_parent(self.spec(column)):
            return child.change(task, Pending(), state, guard.call)

    def _known(self, column: Column) -> State:
        if isinstance(column.node.task, Constant):
            return Success(result=column.node.task.value)  # nothing is run for it, nor logged
        claim = Claim(0, (Part((range(1),), (), {}),), math.inf)
        made, _ = chunk.run([self.spec(column)], claim, ())
        return state_of(made.parts[0], 0)

    def _settle(self, column: Column, state: State) -> None:
        column.settled = state
        self._tally.settled(column.node, state)
        self._undecided.extend(self.downstreams(column))

    def _open(self, column: Column, width: int) -> None:
        column.open(width)
        self._tally.opened(column.node, width)
        self.become_ready(column, (range(width),))
        # A map over this one needs to know no more than its width.
        self._undecided.extend(self.downstreams(column))

    # What may run now that these rows have ended?

    def ended(self, column: Column, rows: Rows) -> None:
        """Wakes what follows from rows of this column."""
        for downstream in self.downstreams(column):
            if not downstream.decided:
                self._undecided.append(downstream)
            elif downstream.width:
                self.become_ready(downstream, rows if downstream.node.mapped else (range(1),))

    def become_ready(self, column: Column, rows: Rows) -> None:
        """Of these rows, those are ready that nobody has taken and that wait for nothing."""
        rows = self.waiting_for_nothing(column, rows)
        if column.previous:
            rows = column.take_resting(rows)
        column.make_ready(rows)
        self.wake(column)

    def waiting_for_nothing(self, column: Column, rows: Rows) -> Rows:
        """Of these rows, those before which everything has ended."""
        parts = [range(part.start, min(part.stop, column.width or 0)) for part in rows]
        for its, upstream in zip(column.node.inputs, self.upstreams(column), strict=True):
            if by_row(its, upstream):
                parts = [ended for part in parts for ended in upstream.finished_within(part)]
            elif not upstream.complete:
                return ()
        return tuple(parts)

    def take(self, columns: Sequence[Column], rows: Rows) -> None:
        """These rows of these columns are given out together."""
        for column in columns:
            if not column.decided:
                self._open(column, 1)  # it follows another one of them
            column.take(rows)
            self.singles.pop(column, None)

    def spec(self, column: Column) -> TaskSpec:
        """What its claims share; made when the first one is, since all it needs is known then."""
        if column.spec is None:
            node, upstreams = column.node, self.upstreams(column)
            task = node.task
            column.spec = TaskSpec(
                number=node.number,
                task=task,
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
                constant_states={} if task.trigger in _BLIND else node.constant_states,
                context={**self._context, **self._task_contexts.get(task, {})},
                measured=not (node.mapped or node.held)
                and any(its.mapped and not its.flattened for its in self.ways_out(column)),
                counted=any(its.mapped and its.flattened for its in self.ways_out(column)),
                result=node.result,
            )
        return column.spec


def _length(its: Input, upstream: Column) -> int | Exception | None:
    if upstream.settled is not None:
        return chunk.length(upstream.settled.result, flatten=its.flattened)
    if its.flattened:
        return upstream.items
    return upstream.width if upstream.node.mapped else upstream.length
