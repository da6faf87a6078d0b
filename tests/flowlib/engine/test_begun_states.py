"""A run that begins with the states of another one: task_states, pauses, what the flow returns."""

import datetime
from collections import Counter
from typing import Any

import pytest

from flowlib import Flow, context, task, triggers
from flowlib.engine import signals
from flowlib.engine.state import (
    Cancelled,
    Failed,
    Finished,
    Mapped,
    Paused,
    Pending,
    Resume,
    Retrying,
    Running,
    Scheduled,
    Skipped,
    State,
    Success,
)

calls: Counter[str] = Counter()


@pytest.fixture(autouse=True)
def no_calls() -> None:
    calls.clear()


@task
def inc(x: int) -> int:
    calls["inc"] += 1
    return x + 1


@task
def until_fixed(x: int) -> int:
    calls["until_fixed"] += 1
    if x == 1 and not context.get("fixed"):
        raise ValueError(x)
    return x


@task
def total(xs: list[int]) -> int:
    return sum(xs)


def test_what_has_ended_is_not_run_again() -> None:
    with Flow("f") as flow:
        one = inc(1)
        two = inc(one)

    state = flow.run(task_states={one: Success("earlier", result=10)})

    assert state.result[one].message == "earlier"
    assert state.result[two].result == 11
    assert calls["inc"] == 1


@pytest.mark.parametrize(
    ("given", "after"), [(Failed("no"), "TriggerFailed"), (Skipped("no"), "Skipped")]
)
def test_a_failure_and_a_skip_stay_too(given: State, after: str) -> None:
    with Flow("f") as flow:
        one = inc(1)
        two = inc(one)

    state = flow.run(task_states={one: given})

    assert (state.result[one], type(state.result[two]).__name__) == (given, after)


def test_only_the_children_that_have_not_succeeded_run_again() -> None:
    with Flow("f") as flow:
        mapped = until_fixed.map([0, 1, 2])
        summed = total(mapped)
    first = flow.run()
    states = {
        mapped: Mapped(
            map_states=[
                s if s.is_successful() else Pending() for s in first.result[mapped].map_states
            ]
        )
    }

    second = flow.run(task_states=states, context={"fixed": True})

    assert first.is_failed()
    assert second.result[summed].result == 3
    assert calls["until_fixed"] == 4


def test_a_map_has_no_more_children_than_the_run_before() -> None:
    with Flow("f") as flow:
        mapped = inc.map([1, 2, 3])

    state = flow.run(
        task_states={mapped: Mapped(map_states=[Success(result=7), Success(result=8)])}
    )

    assert state.result[mapped].result == [7, 8]


def test_a_task_that_is_scheduled_waits_for_its_time() -> None:
    with Flow("f") as flow:
        one = inc(1)
    at = datetime.datetime.now(datetime.UTC) + datetime.timedelta(milliseconds=50)

    state = flow.run(task_states={one: Scheduled(start_time=at)})

    assert state.result[one].is_successful()
    assert datetime.datetime.now(datetime.UTC) >= at


def test_a_retry_goes_on_counting() -> None:
    @task(max_retries=3, retry_delay=datetime.timedelta(0))
    def count() -> int:
        if context.task_run_count < 4:
            raise ValueError
        return int(context.task_run_count)

    with Flow("f") as flow:
        counted = count()

    state = flow.run(task_states={counted: Retrying(run_count=2, start_time=_long_ago())})

    assert state.result[counted].result == 4


def _long_ago() -> datetime.datetime:
    return datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)


@task(trigger=triggers.manual_only)
def approved(x: int) -> int:
    return x + 1


def paused_flow() -> tuple[Flow, Any, Any]:
    with Flow("f") as flow:
        waiting = approved(inc(1))
        after = inc(waiting)
    return flow, waiting, after


def test_a_paused_task_stays_so_where_nobody_answers() -> None:
    flow, waiting, after = paused_flow()

    state = flow.run()

    assert isinstance(state, Running)
    assert isinstance(state.result[waiting], Paused)
    assert type(state.result[after]) is Pending


@pytest.mark.parametrize("answer", ["y", " Y "])
def test_a_paused_task_is_resumed_at_the_terminal(
    answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow, _, after = paused_flow()
    asked: list[str] = []
    monkeypatch.setattr("builtins.input", lambda text: asked.append(text) or answer)

    state = flow.run()

    assert state.is_successful()
    assert state.result[after].result == 4
    assert len(asked) == 1
    assert "approved" in asked[0]


def test_a_refusal_leaves_it_paused(monkeypatch: pytest.MonkeyPatch) -> None:
    flow, waiting, _ = paused_flow()
    monkeypatch.setattr("builtins.input", lambda text: "n")

    assert isinstance(flow.run().result[waiting], Paused)


def test_a_resumed_task_runs_and_nothing_before_it() -> None:
    flow, waiting, after = paused_flow()
    first = flow.run()

    second = flow.run(task_states={**first.result, waiting: Resume()})

    assert second.result[after].result == 4
    assert calls["inc"] == 2


def test_paused_children_are_resumed_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    @task
    def odd_ones_wait(x: int) -> int:
        calls[str(x)] += 1
        if x % 2 and not context.get("resume"):
            raise signals.PAUSE("odd")
        return x

    with Flow("f") as flow:
        mapped = odd_ones_wait.map(range(4))
        summed = total(mapped)
    monkeypatch.setattr("builtins.input", lambda text: "y")

    state = flow.run()

    assert state.result[summed].result == 6
    assert calls == {"0": 1, "1": 2, "2": 1, "3": 2}


def test_a_flow_that_has_ended_is_not_run() -> None:
    with Flow("f") as flow:
        inc(1)
    ended = Success("yesterday")

    state = flow.run(state=ended)

    assert state is ended
    assert calls == Counter()
    assert {flow.slugs[task]: its.message for task, its in state.result.items()} == {
        "inc-1": "Task not run."
    }


def test_contexts_of_single_tasks() -> None:
    @task
    def tell() -> Any:
        return context.get("colour")

    with Flow("f") as flow:
        one, two = tell(), tell()

    state = flow.run(context={"colour": "red"}, task_contexts={two: {"colour": "blue"}})

    assert (state.result[one].result, state.result[two].result) == ("red", "blue")


def test_the_terminal_state_handler_has_the_last_word() -> None:
    seen: list[Any] = []

    def handler(flow: Flow, state: State, reference_states: set[State]) -> State | None:
        seen.extend([flow, state.is_failed(), sorted(map(repr, reference_states))])
        return Success("never mind")

    with Flow("f", terminal_state_handler=handler) as flow:
        until_fixed.map([0, 1])

    state = flow.run()

    assert (state.is_successful(), state.message) == (True, "never mind")
    assert sorted(map(str, flow.tasks)) == sorted(map(str, state.result))
    assert seen[:2] == [flow, True]
    assert [text.partition(":")[0] for text in seen[2]] == ["<Failed", "<Success"]


def test_neither_success_nor_failure_counts_as_success() -> None:
    @task(state_handlers=[lambda task, old, new: Cancelled("off") if new.is_finished() else None])
    def cancelled() -> None: ...

    with Flow("f") as flow:
        cancelled()

    state = flow.run()

    assert (type(state), state.message) == (Success, "No reference tasks failed.")


def test_a_runner_class_is_refused() -> None:
    with pytest.raises(ValueError, match="terminal_state_handler"):
        Flow("f").run(runner_cls=object)  # type: ignore[arg-type]


def test_return_tasks_is_refused() -> None:
    with pytest.raises(ValueError, match="return_tasks"):
        Flow("f").run(return_tasks=[])


def test_a_loop_is_told_from_the_beginning_each_time() -> None:
    seen: list[tuple[str, str]] = []

    def tell(task: Any, old: State, new: State) -> None:
        seen.append((type(old).__name__, type(new).__name__))

    @task(state_handlers=[tell])
    def twice() -> int:
        if context.get("task_loop_count", 1) < 2:
            raise signals.LOOP(result=1)
        return int(context.task_loop_result)

    with Flow("f") as flow:
        twice()
    flow.run()

    assert seen == [
        ("Pending", "Running"),
        ("Running", "Looped"),
        ("Pending", "Running"),
        ("Running", "Success"),
    ]
    assert issubclass(signals.LOOP()._state_class, Finished)
