"""Attempts of a task: what is tried again, how often, and what each one sees."""

import datetime
import threading
from collections import Counter
from typing import Any

import pytest

from flowlib import Flow, context, task
from flowlib.engine import signals
from flowlib.engine.state import Failed, Retrying, State, Success

AT_ONCE = datetime.timedelta(0)


@pytest.mark.parametrize(
    ("raises", "attempts"),
    [
        (lambda: ValueError("no"), 3),
        (lambda: signals.FAIL("no"), 3),
        (lambda: signals.VALIDATIONFAIL("no"), 3),
        (lambda: signals.TRIGGERFAIL("no"), 3),
        (lambda: signals.SKIP("no"), 1),
        (lambda: signals.SUCCESS("yes"), 1),
    ],
)
def test_failures_are_tried_again_and_nothing_else(raises: Any, attempts: int) -> None:
    counts: list[int] = []

    @task(max_retries=2, retry_delay=AT_ONCE)
    def tried() -> None:
        counts.append(context.task_run_count)
        raise raises()

    with Flow("f") as flow:
        tried()
    flow.run()

    assert counts == list(range(1, attempts + 1))


@pytest.mark.parametrize(
    ("result", "attempts"), [(3, 1), (None, 2), (KeyError("k"), 2), (ValueError("v"), 1)]
)
def test_retry_on_looks_at_the_result(result: Any, attempts: int) -> None:
    counts: list[int] = []

    @task(max_retries=1, retry_delay=AT_ONCE, retry_on=[KeyError])
    def tried() -> None:
        counts.append(context.task_run_count)
        raise signals.FAIL("no", result=result)

    with Flow("f") as flow:
        tried()
    flow.run()

    assert len(counts) == attempts


def test_a_retry_signal_asks_nobody() -> None:
    @task
    def tried() -> int:
        if context.task_run_count < 5:
            raise signals.RETRY("again")
        return int(context.task_run_count)

    with Flow("f") as flow:
        ended = tried()

    assert flow.run().result[ended].result == 5


def test_a_retry_signal_may_say_when() -> None:
    at = datetime.datetime.now(datetime.UTC) + datetime.timedelta(milliseconds=30)

    @task
    def tried() -> datetime.datetime:
        if context.task_run_count == 1:
            raise signals.RETRY("later", start_time=at)
        return datetime.datetime.now(datetime.UTC)

    with Flow("f") as flow:
        ended = tried()

    assert flow.run().result[ended].result >= at


def test_a_retry_keeps_the_place_in_a_loop_and_counts_from_one_in_each_round() -> None:
    seen: list[tuple[int, int, Any]] = []

    @task(max_retries=1, retry_delay=AT_ONCE)
    def rounds() -> int:
        count = context.get("task_loop_count", 1)
        seen.append((count, context.task_run_count, context.get("task_loop_result")))
        if count > 1 and context.task_run_count == 1:
            raise ValueError("the first try of a round")
        if count < 3:
            raise signals.LOOP(result=count * 10)
        return count

    with Flow("f") as flow:
        ended = rounds()

    assert flow.run().result[ended].result == 3
    assert seen == [(1, 1, None), (2, 1, 10), (2, 2, 10), (3, 1, 20), (3, 2, 20)]


def test_a_copy_may_tell_somebody_else_of_failures() -> None:
    told: list[str] = []

    @task(on_failure=lambda task, state: told.append("one"))
    def fail() -> None:
        raise ValueError

    with Flow("f") as flow:
        fail(task_args={"on_failure": lambda task, state: told.append("two")})
        fail(task_args={"on_failure": None})
    flow.run()
    assert told == ["two"]

    with Flow("g") as flow:
        fail()
    flow.run()
    assert told == ["two", "one"]


def test_on_failure_is_called_before_each_retry_and_at_the_end() -> None:
    seen: list[str] = []

    def note(task: Any, state: State) -> None:
        seen.append(str(state.result))

    @task(max_retries=1, retry_delay=AT_ONCE, on_failure=note)
    def fails() -> None:
        raise ValueError(context.task_run_count)

    assert len(fails.state_handlers) == 1
    with Flow("f") as flow:
        fails()
    flow.run()

    assert seen == ["1", "2"]


@pytest.mark.parametrize(
    ("ends", "changes"),
    [
        ("success", [("Pending", "Running"), ("Running", "Success")]),
        ("skip", [("Pending", "Running"), ("Running", "Skipped")]),
        (
            "retry",
            [
                ("Pending", "Running"),
                ("Running", "Failed"),
                ("Failed", "Retrying"),
                ("Retrying", "Running"),
                ("Running", "Success"),
            ],
        ),
        ("after a failure", [("Pending", "TriggerFailed")]),
        ("after a skip", [("Pending", "Skipped")]),
    ],
)
def test_handlers_see_these_changes(ends: str, changes: list[tuple[str, str]]) -> None:
    seen: list[tuple[str, str]] = []

    def note(task: Any, old: State, new: State) -> None:
        seen.append((type(old).__name__, type(new).__name__))

    @task
    def before() -> None:
        if ends == "after a failure":
            raise ValueError
        if ends == "after a skip":
            raise signals.SKIP

    @task(max_retries=1, retry_delay=AT_ONCE, state_handlers=[note])
    def one(x: Any) -> None:
        if ends == "skip":
            raise signals.SKIP
        if ends == "retry" and context.task_run_count == 1:
            raise ValueError

    with Flow("f") as flow:
        one(before())
    flow.run()

    assert seen == changes


def test_a_retrying_state_knows_its_attempt_and_its_time() -> None:
    states: list[Retrying] = []

    def note(task: Any, old: State, new: State) -> None:
        if isinstance(new, Retrying):
            states.append(new)

    @task(max_retries=2, retry_delay=datetime.timedelta(milliseconds=1), state_handlers=[note])
    def fails() -> None:
        raise ValueError

    with Flow("f") as flow:
        fails()
    flow.run()

    assert [state.run_count for state in states] == [1, 2]
    assert all(state.start_time is not None for state in states)


def test_one_flow_runs_in_many_threads_at_once() -> None:
    calls: Counter[int] = Counter()
    lock = threading.Lock()

    @task(max_retries=1, retry_delay=AT_ONCE)
    def note(x: int) -> int:
        with lock:
            calls[context.number] += 1
        if context.task_run_count == 1:
            raise ValueError
        return x * int(context.number)

    with Flow("f") as flow:
        noted = note.map(range(20))
    results: dict[int, Any] = {}

    def run(number: int) -> None:
        results[number] = flow.run(context={"number": number}).result[noted].result

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert results == {number: [x * number for x in range(20)] for number in range(4)}
    assert calls == dict.fromkeys(range(4), 40)


def test_a_success_with_failed_tasks_that_do_not_decide() -> None:
    @task
    def fails() -> None:
        raise ValueError

    @task
    def one() -> int:
        return 1

    with Flow("f") as flow:
        failed, fine = fails(), one()
    flow.set_reference_tasks([fine])

    state = flow.run()

    assert type(state) is Success
    assert type(state.result[failed]) is Failed
