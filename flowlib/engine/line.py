"""One part of a claim while it runs: the rows of one task, one after the other.

A row that does what most do, a body that returns, costs little more than its body: no state, no
dict of arguments and no context are made for it unless somebody asks. All others go singly.
"""

import itertools
import time
from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flowlib import triggers
from flowlib.configuration import config
from flowlib.engine import calling, child, extras, run_context
from flowlib.engine import rows as row_ranges
from flowlib.engine.inputs import SUCCEEDED, Each, Upstream
from flowlib.engine.position import Position
from flowlib.engine.state import Paused, Pending, Resume, Retrying, State, Success
from flowlib.engine.work import Part, TaskSpec
from flowlib.utilities.context import context
from flowlib.utilities.logging import get_logger

logger = get_logger("TaskRunner")

#: Triggers that need not be asked when everything before was a plain success.
_PASS_ON_SUCCESS = (
    triggers.all_successful,
    triggers.all_finished,
    triggers.any_successful,
)
#: Seconds after which a child is worth a line in the log.
LONG = 10.0
WAITS = "Not run: what comes before it has not ended."


class Line:
    """Values and states by place: the n-th row of the part is at place n."""

    def __init__(
        self,
        spec: TaskSpec,
        part: Part,
        upstreams: Sequence[Upstream],
        call: child.Call,
        position: Position,
    ) -> None:
        self.spec = spec
        self.rows = part.rows
        self._retries = part.retries
        self._upstreams = upstreams
        self._call = call
        self._position = position
        self.values: list[Any] = []
        #: The states that are more than a success with a value.
        self.states: dict[int, State] = {}
        #: Places that wait for what has not ended before them.
        self.left: list[int] = []
        self.ends = array("f")
        self.seconds = 0.0
        whole = len(part.rows) == 1
        self._row: Sequence[int] = part.rows[0] if whole else list(row_ranges.each(part.rows))
        self._retried = [
            place
            for place, row in enumerate(self._row if part.retries else ())
            if row in part.retries
        ]
        self._base = run_context.of_task(spec)
        keyed = {
            its.key: upstream
            for its, upstream in zip(spec.inputs, upstreams, strict=True)
            if its.key is not None
        }
        self._keyed: Mapping[str, Upstream] = keyed
        self._constants = {k: v for k, v in spec.constants.items() if k not in keyed}
        self._calling = calling.of(spec.task, tuple(keyed), self._constants)
        checkpointing = bool(spec.context.get("checkpointing"))
        self._extras = extras.of(spec.task, spec.result, checkpointing=checkpointing)
        self._asks = spec.task.trigger not in _PASS_ON_SUCCESS
        self._all_singly = not (
            is_plain(spec)
            and self._extras is None
            and not self._asks
            and all(upstream.plain for upstream in upstreams if not isinstance(upstream, Each))
        )

    def row(self, place: int) -> int:
        return self._row[place]

    def by_row(self, states: Mapping[int, State]) -> dict[int, State]:
        """What is known by place, by row."""
        return {self._row[place]: state for place, state in states.items()}

    def run(self, start: int, stop: int, number: int, began: float) -> bool:
        """Runs these places as part ``number`` of its claim; False if the claim is to end here."""
        position = self._position
        position.part = number
        at = time.perf_counter() - began if (start or number) else 0.0
        first = at
        with context.made_when_asked(self._context):
            for plain, stretch in self._stretches(start, stop):
                at = (self._plainly if plain else self._singly)(stretch, number, began, at)
                if len(self.values) < stretch.stop:
                    break
        self.seconds += at - first
        if at - first >= LONG and self.spec.mapped and not config.logging.mapped_children:
            self._tell_long(start, first)
        return len(self.values) == stop

    def _tell_long(self, start: int, before: float) -> None:
        """A line in the log for each of these rows that took long, which else has none."""
        for place in range(start, len(self.values)):
            if self.ends[place] - before >= LONG:
                name = f"{self.spec.task.name}[{self.row(place)}]"
                logger.info("Task '%s': took %.0f s", name, self.ends[place] - before)
            before = self.ends[place]

    def _stretches(self, start: int, stop: int) -> Iterator[tuple[bool, range]]:
        """The same places in order, each stretch with whether its rows do without a trigger."""
        if self._all_singly:
            yield False, range(start, stop)
            return
        told = [upstream.states for upstream in self._upstreams if isinstance(upstream, Each)]
        at = start
        for place in sorted(
            {p for its in (self._retried, *told) for p in its if start <= p < stop}
        ):
            if at < place:
                yield True, range(at, place)
            yield False, range(place, place + 1)
            at = place + 1
        if at < stop:
            yield True, range(at, stop)

    def _plainly(self, places: range, number: int, began: float, at: float) -> float:
        """The hot path. Returns the second at which the last row ended."""
        step = self._calling.one_by_one(
            {
                key: itertools.repeat(upstream.value(0))
                if not isinstance(upstream, Each)
                else upstream.values[places.start : places.stop]
                for key, upstream in self._keyed.items()
            }
        )
        position, begun, clock = self._position, self._position.begun, time.perf_counter
        add_value, add_end = self.values.append, self.ends.append
        for place in range(places.start + 1, places.stop + 1):
            begun[number] = place
            if at >= position.until and not position.goes_on(at):
                return at
            try:
                value = step()
            except BaseException as raised:  # noqa: BLE001  # the guard decides what passes
                value = self._raised(place - 1, raised)
            add_value(value)
            at = clock() - began
            add_end(at)
        return at

    def _raised(self, place: int, raised: BaseException) -> Any:
        """The result of a row whose body raised this."""
        ended = child.conclude(
            self.spec.task,
            self._arguments(place),
            self._call(_throw, raised),
            self._call,
        )
        return self._kept(place, ended)

    def _singly(self, places: range, number: int, began: float, at: float) -> float:
        for place in places:
            self._position.begun[number] = place + 1
            if at >= self._position.until and not self._position.goes_on(at):
                return at
            self.values.append(self._one(place))
            context.forget()
            at = time.perf_counter() - began
            self.ends.append(at)
        return at

    def _one(self, place: int) -> Any:
        """The result of one row, with all that may happen to it."""
        upstream_states = None
        if self._asks or not all(upstream.plain_at(place) for upstream in self._upstreams):
            upstream_states = {
                its.edge or number: upstream.state(place)
                for number, (its, upstream) in enumerate(
                    zip(self.spec.inputs, self._upstreams, strict=True)
                )
            } | self.spec.constant_states
            if not all(state.is_finished() for state in upstream_states.values()):
                self.left.append(place)
                self.states[place] = Pending(WAITS)
                return None
        previous = self._retries.get(self._row[place])
        if previous is not None and previous.is_finished():
            # Decided elsewhere: it stands here for those that follow.
            return self._kept(place, previous)
        state = child.run(
            self.spec.task,
            self._arguments(place),
            upstream_states,
            previous,
            self._call,
            self._extras,
        )
        return self._kept(place, state)

    def _kept(self, place: int, state: State) -> Any:
        plain = type(state) is Success and state.message == SUCCEEDED and not state.stored
        if not plain or state.attempts > 1:
            self.states[place] = state
        return state.result

    def _arguments(self, place: int) -> dict[str, Any]:
        given = {key: upstream.value(place) for key, upstream in self._keyed.items()}
        return {**self._constants, **given}

    def _context(self) -> dict[str, Any]:
        """That of the row which runs now; called when it is asked for something."""
        self._position.touched()
        row = self._row[len(self.values)]
        previous = self._retries.get(row)
        run_count = previous.run_count + 1 if isinstance(previous, Retrying) else 1
        its = run_context.of_child(self.spec, self._base, row, run_count)
        if previous is not None:
            its.update(previous.context)
            if isinstance(previous, (Resume, Paused)):  # a pause whose time is over
                its["resume"] = True
        return its


def is_plain(spec: TaskSpec) -> bool:
    """Nothing is to be done about a row but to call its body."""
    return spec.mapped and not (spec.task.state_handlers or config.logging.mapped_children)


def _throw(raised: BaseException) -> None:
    raise raised
