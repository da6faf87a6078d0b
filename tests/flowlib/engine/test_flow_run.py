"""flow.run on LocalExecutor: what becomes of single tasks and of the whole."""

import datetime
from typing import Any

import pytest

from flowlib import Flow, Parameter, Task, context, task, triggers
from flowlib.engine import signals
from flowlib.engine.state import (
    Failed,
    Looped,
    Mapped,
    Pending,
    Retrying,
    Running,
    Skipped,
    State,
    Success,
    TriggerFailed,
)
from flowlib.executors import LocalExecutor
from flowlib.tasks.core.constants import Constant

SOON = datetime.timedelta(milliseconds=1)


@task
def inc(x: int) -> int:
    return x + 1


@task
def fails() -> None:
    raise ValueError("no")


def test_a_flow_succeeds_with_the_results_of_its_tasks() -> None:
    with Flow("f") as flow:
        one = inc(1)
        two = inc(one)

    state = flow.run()

    assert repr(state) == '<Success: "All reference tasks succeeded.">'
    assert state.result[two].result == 3
    assert state.result[one] == Success(result=2)


def test_an_exception_becomes_a_failed_state_and_those_after_it_trigger_failed() -> None:
    with Flow("f") as flow:
        bad = fails()
        after = inc(bad)
        apart = inc(1)

    state = flow.run()

    assert state.message == "Some reference tasks failed."
    assert state.result[bad].message == "Error during execution of task: ValueError('no')"
    assert isinstance(state.result[bad].result, ValueError)
    assert type(state.result[after]) is TriggerFailed
    assert state.result[after].message == (
        'Trigger was "all_successful" but some of the upstream tasks failed.'
    )
    assert state.result[apart].result == 2


def test_reference_tasks_decide() -> None:
    with Flow("f") as flow:
        fails()
        good = inc(1)
    flow.set_reference_tasks([good])

    assert flow.run().is_successful()


def test_a_failed_task_hands_its_exception_downstream() -> None:
    @task(trigger=triggers.any_failed)
    def told(what: Any) -> str:
        return repr(what)

    with Flow("f") as flow:
        result = told(fails())

    assert flow.run().result[result].result == "ValueError('no')"


def test_skipping_passes_on_unless_a_task_refuses() -> None:
    @task
    def skips() -> None:
        raise signals.SKIP("not today")

    @task(skip_on_upstream_skip=False)
    def runs_anyway(x: Any) -> str:
        return type(x).__name__

    with Flow("f") as flow:
        skipped = skips()
        after = inc(skipped)
        anyway = runs_anyway(skipped)

    state = flow.run()

    assert state.is_successful()
    assert state.result[skipped].message == "not today"
    assert type(state.result[after]) is Skipped
    assert state.result[anyway].result == "SKIP"


def test_one_skipped_and_one_failed_upstream_skip_a_task() -> None:
    @task
    def skips() -> None:
        raise signals.SKIP

    with Flow("f") as flow:
        after = inc(1, upstream_tasks=[skips(), fails()])

    assert type(flow.run().result[after]) is Skipped


@pytest.mark.parametrize(
    ("signal", "state_class", "result"),
    [
        (signals.SUCCESS("m", result=3), Success, 3),
        (signals.FAIL("m", result=3), Failed, 3),
        (signals.SKIP("m", result=3), Skipped, 3),
        (signals.TRIGGERFAIL("m", result=3), TriggerFailed, 3),
    ],
)
def test_a_signal_chooses_the_state(
    signal: signals.PrefectStateSignal, state_class: type[State], result: int
) -> None:
    @task
    def raises() -> None:
        raise signal

    with Flow("f") as flow:
        raised = raises()

    state = flow.run().result[raised]
    assert (type(state), state.message, state.result) == (state_class, "m", result)


def test_a_signal_without_a_result_is_the_result() -> None:
    @task
    def raises() -> None:
        raise signals.SUCCESS("m")

    @task
    def sees(x: Any) -> bool:
        return isinstance(x, signals.SUCCESS)

    with Flow("f") as flow:
        seen = sees(raises())

    assert flow.run().result[seen].result is True


def test_signals_pass_an_except_exception_of_the_task() -> None:
    @task
    def careful() -> None:
        try:
            raise signals.SKIP
        except Exception:  # noqa: BLE001  the very thing that is tested
            raise AssertionError from None

    with Flow("f") as flow:
        result = careful()

    assert flow.run().result[result].is_skipped()


def test_retries_run_a_task_so_many_times_more() -> None:
    counts = []

    @task(max_retries=2, retry_delay=SOON)
    def flaky() -> str:
        counts.append(context.task_run_count)
        if len(counts) < 3:
            raise ValueError
        return "at last"

    with Flow("f") as flow:
        result = flaky()

    assert flow.run().result[result].result == "at last"
    assert counts == [1, 2, 3]


def test_retries_end() -> None:
    counts = []

    @task(max_retries=1, retry_delay=SOON)
    def hopeless() -> None:
        counts.append(1)
        raise ValueError("still no")

    with Flow("f") as flow:
        result = hopeless()

    assert flow.run().result[result].message.endswith("ValueError('still no')")
    assert len(counts) == 2


def test_retry_on_names_what_is_worth_a_retry() -> None:
    counts: dict[str, int] = {"Key": 0, "Value": 0}

    @task(max_retries=1, retry_delay=SOON, retry_on=KeyError)
    def raises(error: type[Exception], name: str) -> None:
        counts[name] += 1
        raise error(name)

    with Flow("f") as flow:
        raises(KeyError, "Key")
        raises(ValueError, "Value")
    flow.run()

    assert counts == {"Key": 2, "Value": 1}


def test_a_failed_trigger_is_not_retried() -> None:
    with Flow("f") as flow:
        after = inc(fails(), task_args={"max_retries": 3, "retry_delay": SOON})

    assert type(flow.run().result[after]) is TriggerFailed


def test_what_runs_beside_a_retry_does_not_wait_for_it() -> None:
    order = []

    @task(max_retries=1, retry_delay=datetime.timedelta(milliseconds=50))
    def flaky() -> None:
        order.append("flaky")
        if len(order) == 1:
            raise ValueError

    @task
    def other() -> None:
        order.append("other")

    with Flow("f") as flow:
        flaky()
        other()
    flow.run()

    assert order == ["flaky", "other", "flaky"]


def test_loops_run_the_body_again_with_what_it_said() -> None:
    seen = []

    @task
    def loops() -> int:
        count = context.get("task_loop_count", 1)
        seen.append((count, context.get("task_loop_result")))
        if count < 3:
            raise signals.LOOP(result=count * 10)
        return count

    with Flow("f") as flow:
        result = loops()

    assert flow.run().result[result].result == 3
    assert seen == [(1, None), (2, 10), (3, 20)]


def test_handlers_see_the_rounds_of_a_loop() -> None:
    seen = []

    def note(task: Task, old: State, new: State) -> None:
        if isinstance(new, Looped):
            seen.append(new.loop_count)

    @task(state_handlers=[note])
    def loops() -> None:
        if context.get("task_loop_count", 1) < 3:
            raise signals.LOOP("once more")

    with Flow("f") as flow:
        loops()
    flow.run()

    assert seen == [1, 2]
    assert Looped().loop_count == 1


def test_a_constant_is_there_and_is_not_run(capsys: pytest.CaptureFixture[str]) -> None:
    with Flow("f") as flow:
        inc.map([1, 2])

    state = flow.run()

    (constant,) = flow.get_tasks(task_type=Constant)
    assert state.result[constant] == Success(result=[1, 2])
    assert "Task '[1, 2]'" not in capsys.readouterr().out


def test_state_handlers_see_every_change_and_may_replace_it() -> None:
    seen: list[tuple[type[State], type[State]]] = []

    def note(task: Task, old: State, new: State) -> State | None:
        seen.append((type(old), type(new)))
        return Success("replaced", result=5) if new.is_failed() else None

    @task(state_handlers=[note])
    def noted() -> None:
        raise ValueError

    with Flow("f") as flow:
        result = noted()

    state = flow.run().result[result]
    assert seen == [(Pending, Running), (Running, Failed)]
    assert (state.message, state.result) == ("replaced", 5)


def test_state_handlers_see_retries() -> None:
    seen = []

    def note(task: Task, old: State, new: State) -> None:
        seen.append((type(old), type(new)))

    @task(state_handlers=[note], max_retries=1, retry_delay=SOON)
    def flaky() -> None:
        if context.task_run_count == 1:
            raise ValueError

    with Flow("f") as flow:
        flaky()
    flow.run()

    assert seen == [
        (Pending, Running),
        (Running, Failed),
        (Failed, Retrying),
        (Retrying, Running),
        (Running, Success),
    ]


def test_a_state_handler_that_raises_fails_its_task() -> None:
    def broken(task: Task, old: State, new: State) -> None:
        raise KeyError("handler")

    with Flow("f") as flow:
        result = inc(1, task_args={"state_handlers": [broken]})

    state = flow.run().result[result]
    assert state.message == "Unexpected error while calling state handlers: KeyError('handler')"


def test_handlers_of_the_flow_see_it_start_and_end() -> None:
    seen = []

    def note(flow: Flow, old: State, new: State) -> None:
        seen.append((type(old).__name__, type(new).__name__))

    Flow("f", state_handlers=[note], tasks=[inc.copy(name="x")]).run()

    assert seen == [("Scheduled", "Running"), ("Running", "Failed")]


def test_a_paused_task_leaves_what_follows_pending() -> None:
    with Flow("f") as flow:
        paused = inc(1, task_args={"trigger": triggers.manual_only})
        after = inc(paused)

    state = flow.run()

    assert not state.is_finished()
    assert type(state.result[after]) is Pending


@pytest.mark.parametrize("leaving", [SystemExit, KeyboardInterrupt])
def test_who_leaves_in_a_task_leaves_the_run(leaving: type[BaseException]) -> None:
    @task
    def leaves() -> None:
        raise leaving

    with Flow("f") as flow:
        leaves()

    with pytest.raises(leaving):
        flow.run()


def test_a_flow_can_be_run_many_times() -> None:
    with Flow("f") as flow:
        one = inc(Parameter("x"))

    assert [flow.run(x=x).result[one].result for x in (1, 2)] == [2, 3]


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({}, ValueError, "needs parameters x"),
        ({"x": 1, "parameters": {"z": 1}}, ValueError, "has no parameters z"),
        ({"x": 1, "y": 2, "nonsense": 3}, TypeError, "nonsense"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(
    given: dict[str, Any], error: type[Exception], said: str
) -> None:
    with Flow("f") as flow:
        inc(Parameter("x"))
        inc(Parameter("y", default=2))

    with pytest.raises(error, match=said):
        flow.run(**given)


def test_a_flow_is_not_run_inside_its_own_block() -> None:
    with Flow("f") as flow:
        inc(1)
        with pytest.raises(RuntimeError, match="inside its own"):
            flow.run()


def test_while_a_flow_is_loaded_run_and_register_warn_and_return_none() -> None:
    flow = Flow("f")
    with context(loading_flow=True):
        with pytest.warns(UserWarning, match="ignored"):
            assert flow.run() is None
        with pytest.warns(UserWarning, match="ignored"):
            flow.register(project_name="p")


def test_the_context_of_a_task() -> None:
    @task(name="looks", tags=["a"])
    def looks() -> dict[str, Any]:
        names = ["flow_name", "task_name", "task_full_name", "task_slug", "map_index", "task_tags"]
        return {
            **{name: context[name] for name in names},
            "x": context.parameters["x"],
            "mine": context.mine,
            "same day": context.date.format("YYYYMMDD") == context.today_nodash,
            "days": (context.yesterday < context.today < context.tomorrow),
            "logger": context.get("logger").name,
            "run": len(context.flow_run_id) == len(context.task_run_id) == 36,
        }

    with Flow("f") as flow:
        flow.add_task(Parameter("x"))
        result = looks()

    assert flow.run(x=1, context={"mine": 2}).result[result].result == {
        "flow_name": "f",
        "task_name": "looks",
        "task_full_name": "looks",
        "task_slug": "looks-a-1",
        "map_index": None,
        "task_tags": {"a"},
        "x": 1,
        "mine": 2,
        "same day": True,
        "days": True,
        "logger": "flowlib.looks",
        "run": True,
    }
    assert "flow_name" not in context


def test_a_date_given_in_context_drives_the_days() -> None:
    @task
    def looks() -> str:
        return str(context.tomorrow)

    with Flow("f") as flow:
        result = looks()

    date = datetime.datetime(2020, 2, 28, tzinfo=datetime.UTC)
    assert flow.run(context={"date": date}).result[result].result == "2020-02-29"


def test_log_lines_of_a_run(caplog: pytest.LogCaptureFixture) -> None:
    with Flow("f") as flow:
        inc(1)
    with caplog.at_level("INFO", logger="flowlib"):
        flow.run(executor=LocalExecutor())

    assert [record.getMessage() for record in caplog.records] == [
        "Beginning Flow run for 'f'",
        "Task 'inc': Starting task run...",
        "Task 'inc': Finished task run for task with final state: 'Success'",
        "Flow run SUCCESS: all reference tasks succeeded",
    ]


def test_mapped_is_the_only_success_with_children() -> None:
    assert Mapped(map_states=[Success(), Failed()]).n_map_states == 2


def test_a_broken_handler_ends_the_task_without_a_retry() -> None:
    calls: list[int] = []

    def breaks(task: Any, old: State, new: State) -> None:
        if new.is_finished():
            raise OSError("no")

    @task(max_retries=2, retry_delay=SOON, state_handlers=[breaks])
    def once() -> None:
        calls.append(1)

    with Flow("f") as flow:
        ended = once()
    state = flow.run().result[ended]

    assert calls == [1]
    assert (type(state), state.message) == (
        Failed,
        "Unexpected error while calling state handlers: OSError('no')",
    )


def test_a_signal_in_a_handler_is_the_new_state() -> None:
    def refuses(task: Any, old: State, new: State) -> None:
        if new.is_successful():
            raise signals.FAIL("not good enough")

    @task(state_handlers=[refuses])
    def one() -> int:
        return 1

    with Flow("f") as flow:
        ended = one()
    state = flow.run().result[ended]

    assert (type(state), state.message) == (Failed, "not good enough")


@pytest.mark.parametrize(
    ("trigger", "runs"),
    [
        (triggers.all_failed, False),
        (triggers.any_successful, True),
        (triggers.all_successful, False),
    ],
)
def test_a_plain_value_counts_as_a_task_that_succeeded(trigger: Any, runs: bool) -> None:
    @task
    def fails() -> None:
        raise ValueError

    @task(trigger=trigger)
    def after(x: int) -> int:
        return x

    with Flow("f") as flow:
        ended = after(1, upstream_tasks=[fails()])

    assert flow.run().result[ended].is_successful() is runs


def test_a_trigger_of_ones_own_sees_plain_values_by_their_keys() -> None:
    seen: list[Any] = []

    def trigger(states: Any) -> bool:
        seen.extend(sorted((edge.key, state.result) for edge, state in states.items()))
        return True

    @task(trigger=trigger)
    def add(x: int, y: int) -> int:
        return x + y

    @task
    def one() -> int:
        return 1

    with Flow("f") as flow:
        add(one(), 2)
    flow.run()

    assert seen == [("x", 1), ("y", 2)]
