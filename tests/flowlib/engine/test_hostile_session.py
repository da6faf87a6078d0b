"""The engine against a session that does what clusters do (``hostile.py``)."""

import datetime
import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from flowlib import Flow, context, task, triggers, unmapped
from flowlib.core.flow import Flow as FlowType
from flowlib.engine import signals
from flowlib.engine.flow_run import Preview, run_flow
from flowlib.engine.progress import Observer
from flowlib.engine.state import Cancelled, State
from flowlib.engine.stop import Stop
from flowlib.engine.work import Claim, Report, TaskSpec
from flowlib.executors import LocalExecutor
from tests.flowlib.engine.hostile import Hostile, Out


@task
def inc(x: Any) -> Any:
    return x + 1


@task
def picky(x: int) -> int:
    if x % 7 == 3:
        raise ValueError(x)
    if x % 7 == 5:
        raise signals.SKIP(str(x))
    return x


@task(max_retries=1, retry_delay=datetime.timedelta(0))
def flaky(x: int) -> int:
    if x % 3 == 0 and context.task_run_count == 1:
        raise ValueError(x)
    return x


runs: Counter[Any] = Counter()


@task(max_retries=20, retry_delay=datetime.timedelta(0))
def fickle(x: Any) -> Any:
    """Every second run fails, also one that is only to make a lost value again."""
    runs[repr(x)] += 1
    if runs[repr(x)] % 2 == 0:
        raise ValueError(x)
    return x


@task
def add(x: Any, y: Any) -> Any:
    return x + y


@task
def upto(n: int) -> list[int]:
    return list(range(n))


@task(trigger=triggers.all_finished, skip_on_upstream_skip=False)
def tell(values: list[Any]) -> list[str]:
    return [repr(value) for value in values]


def a_flow(width: int) -> FlowType:
    runs.clear()
    with Flow("f") as flow:
        numbers = upto(width)
        one = inc.map(numbers)
        two = flaky.map(one)
        three = picky.map(two)
        tell(add.map(x=three, y=one))
        tell(add.map(x=two, y=unmapped(inc(width))))
        tell(two)
        tell(inc.map(fickle.map(one)))
        single_tasks(width)
    return flow


def single_tasks(width: int) -> None:
    """A chain with a retry in it, many that know nothing of each other, and a ladder."""
    last = flaky(width)
    for _ in range(4):
        last = flaky(inc(fickle(last)))
    tell([picky(inc(number)) for number in range(width)])
    left, right = picky(width), inc(last)
    for _ in range(3):
        left, right = add(left, right), add(right, left)


def story(state: State) -> dict[str, list[str]]:
    """What every task came to, in words."""
    return {
        f"{task.name}-{len(task.tags)}-{number}": [
            f"{type(s).__name__} {s.message} {s.result!r}"
            for s in [its, *getattr(its, "map_states", [])]
        ]
        for number, (task, its) in enumerate(state.result.items())
    }


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 12), st.integers(0, 10**9))
def test_whatever_the_cluster_does_every_state_is_the_same(width: int, seed: int) -> None:
    flow = a_flow(width)

    told = run_flow(flow, {}, Hostile(seed), Observer())

    assert story(told) == story(run_flow(flow, {}, LocalExecutor(), Observer()))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 12), st.integers(0, 10**9))
def test_values_are_released_early_and_the_answer_is_the_same(width: int, seed: int) -> None:
    with Flow("f") as flow:
        tell(inc.map(flaky.map(upto(width))))
    observer = Observer()
    preview = Preview(list)

    run_flow(flow, {}, Hostile(seed), observer, preview=preview)

    assert preview.answer == [str(number + 1) for number in range(width)]
    counts = observer.snapshot.counts
    assert (counts.total, counts.succeeded, counts.pending) == (2 * width + 2, 2 * width + 2, 0)


class StoppedAfter:
    """Requests a stop at the n-th question for reports; knows what was given out after it."""

    def __init__(self, session: Hostile, number: int) -> None:
        self.stop = Stop()
        self.given_out_late: list[Claim] = []
        self._left = number
        self._next_report, session.next_report = session.next_report, self.next_report  # type: ignore[method-assign]
        self._submit, session.submit = session.submit, self.submit  # type: ignore[method-assign]

    def next_report(self, timeout: float | None) -> Report | None:
        self._left -= 1
        if self._left == 0:
            self.stop.request("a test", 60)
        return self._next_report(timeout)

    def submit(self, specs: Sequence[TaskSpec], claim: Claim, inputs: Sequence[Out]) -> Out:
        if self.stop.requested:
            self.given_out_late.append(claim)
        return self._submit(specs, claim, inputs)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 12), st.integers(0, 10**9), st.integers(1, 60))
def test_a_stopped_run_gives_out_nothing_more_and_ends_cancelled_unless_it_had_ended(
    width: int, seed: int, after: int
) -> None:
    flow, session, observer = a_flow(width), Hostile(seed), Observer()
    stopped = StoppedAfter(session, after)

    told = run_flow(flow, {}, session, observer, stop=stopped.stop)

    counts = observer.snapshot.counts
    assert stopped.given_out_late == []
    assert (counts.running, counts.pending) == (0, counts.total - counts.ended)
    if stopped.stop.cut_short:
        assert isinstance(told, Cancelled)
    else:
        assert story(told) == story(run_flow(flow, {}, LocalExecutor(), Observer()))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**9), st.integers(1, 60))
def test_every_row_that_has_run_is_counted_at_a_stop(seed: int, after: int) -> None:
    calls: Counter[int] = Counter()

    @task
    def count(x: int) -> None:
        calls[x] += 1

    with Flow("f") as flow:
        count.map(range(50))
    session, observer = Calm(seed), Observer()

    run_flow(flow, {}, session, observer, stop=StoppedAfter(session, after).stop)

    assert observer.snapshot.counts.succeeded == calls.total() == len(calls)


def test_a_stop_before_the_start_runs_nothing() -> None:
    observer, stop = Observer(), Stop()
    stop.request("a test", 60)

    told = run_flow(a_flow(3), {}, LocalExecutor(), observer, stop=stop)

    assert isinstance(told, Cancelled)
    assert observer.snapshot.counts.ended == 0


def test_a_stop_does_not_wait_for_a_retry_that_is_far_off() -> None:
    @task(max_retries=1, retry_delay=datetime.timedelta(hours=1))
    def fails() -> None:
        raise ValueError("no")

    with Flow("f") as flow:
        fails()
    stop = Stop()
    threading.Timer(0.05, stop.request, ("a test", 60)).start()

    assert isinstance(run_flow(flow, {}, LocalExecutor(), Observer(), stop=stop), Cancelled)


class Calm(Hostile):
    """Loses nothing."""

    def _lose(self, out: Out) -> None:
        self._late.append(self._run(self._waiting.pop()))


def test_nothing_is_run_twice_where_nothing_is_lost() -> None:
    calls: Counter[int] = Counter()

    @task
    def count(x: int) -> None:
        calls[x] += 1

    with Flow("f") as flow:
        count.map(range(50))
    run_flow(flow, {}, Calm(1), Observer())

    assert calls == Counter(range(50))
