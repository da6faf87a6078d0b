"""From a flow to a verdict, on LocalExecutor."""

from pathlib import Path
from typing import Any

import pytest

from flowlib import Flow, task, triggers
from flowlib.engine.flow_run import Options
from flowlib.engine.progress import Counts, FailedTask, Observer
from flowlib.engine.stop import Stop
from flowlib.executors import LocalExecutor
from flowlib.runner.execution import execute
from flowlib.runner.verdict import NO_RESULT, ExitCode, Outcome, Reason, Verdict


@task
def inc(x: int) -> int:
    return x + 1


@task
def dec(x: int) -> int:
    return x - 1


@task
def add(x: int, y: int) -> int:
    return x + y


@task
def total(values: list[int]) -> int:
    return sum(values)


@task
def inverse(x: int) -> float:
    return 1 / x


def run(flow: Flow, **parameters: Any) -> Verdict:
    return execute(flow, parameters, LocalExecutor(), Observer(), Stop())


def test_the_diamond_over_a_hundred_ends_at_301_of_301() -> None:
    with Flow("diamond") as flow:
        total(add.map(x=inc.map(x=range(100)), y=dec.map(x=range(100))))

    verdict = run(flow)

    assert (verdict.outcome, verdict.reason, verdict.result) == (Outcome.SUCCEEDED, None, 9900)
    assert verdict.tasks == Counts(total=301, succeeded=301)
    assert verdict.started_at is not None
    assert verdict.exit_code is ExitCode.SUCCEEDED


def test_children_that_fail_and_what_follows_are_counted_and_told_causes_first() -> None:
    with Flow("f") as flow:
        total(inc.map(inverse.map([0, 1, 0])))

    verdict = run(flow)

    assert (verdict.outcome, verdict.reason) == (Outcome.FAILED, Reason.TASK_FAILED)
    assert verdict.exit_code is ExitCode.FAILED
    assert verdict.tasks == Counts(total=7, succeeded=2, failed=5)
    division = "ZeroDivisionError('division by zero')"
    assert verdict.failed_tasks[:2] == (
        FailedTask("inverse[0]", division),
        FailedTask("inverse[2]", division),
    )
    assert [task.name for task in verdict.failed_tasks[2:]] == ["inc[0]", "inc[2]", "total"]
    assert verdict.message == (
        f"Some reference tasks failed. 5 of 7 tasks failed; the first was inverse[0]: {division}"
    )
    assert verdict.result is NO_RESULT


@pytest.mark.parametrize(
    ("value", "result"),
    [
        (None, None),
        ({"a": [1, 2.5, "x"]}, {"a": [1, 2.5, "x"]}),
        ("x" * 510, "x" * 510),
        ("x" * 511, NO_RESULT),
        (list(range(10_000_000)), NO_RESULT),
        (float("nan"), NO_RESULT),
        ({1, 2}, NO_RESULT),
    ],
)
def test_a_small_json_result_is_told(value: Any, result: Any) -> None:
    @task
    def answers() -> Any:
        return value

    with Flow("f") as flow:
        answers()

    assert run(flow).result == result


def test_several_reference_tasks_tell_no_result() -> None:
    with Flow("f") as flow:
        inc(1)
        inc(2)

    assert run(flow).result is NO_RESULT


def test_a_mapped_reference_task_tells_its_list() -> None:
    with Flow("f") as flow:
        inc.map([1, 2])

    assert run(flow).result == [2, 3]


def test_the_flows_own_executor_and_schedule_are_replaced_with_a_log_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with Flow("f", executor="mine", schedule="daily") as flow:
        inc(1)
    with caplog.at_level("INFO", logger="flowlib.runner"):
        verdict = run(flow)

    assert verdict.outcome is Outcome.SUCCEEDED
    said = [record.getMessage() for record in caplog.records if record.name == "flowlib.runner"]
    assert said == [
        "The flow's own executor 'mine' is replaced by <Executor: LocalExecutor>",
        "The flow's own schedule is not followed: it runs once, now",
    ]


def test_parameters_and_constants_are_not_counted() -> None:
    from flowlib import Parameter

    with Flow("f") as flow:
        inc.map(Parameter("xs", default=[1, 2, 3]))

    assert run(flow, xs=[1, 2]).tasks == Counts(total=2, succeeded=2)


def test_a_place_for_results_that_cannot_be_used_is_a_fault_of_the_pods_set_up() -> None:
    with Flow("f") as flow:
        inc(1)
    options = Options(results="nowhere://at/all")

    verdict = execute(flow, {}, LocalExecutor(), Observer(), Stop(), options)

    assert (verdict.outcome, verdict.reason) == (Outcome.FAILED, Reason.CONTAINER_CONFIG)
    assert verdict.message.startswith("Results cannot be kept at nowhere://at/all: ")
    assert verdict.exit_code is ExitCode.FAILED


def test_the_verdict_says_how_many_tasks_were_taken_over(tmp_path: Path) -> None:
    with Flow("f") as flow:
        inc.map([1, 2, 3])
    options = Options(results=tmp_path.as_uri(), keep_results=True)

    first, second = (
        execute(flow, {}, LocalExecutor(), Observer(), Stop(), options) for _ in range(2)
    )

    assert (first.resumed, second.resumed) == (0, 3)
    assert first.tasks == second.tasks == Counts(total=3, succeeded=3)


def test_a_paused_task_ends_a_run_where_nobody_can_resume_it() -> None:
    @task(trigger=triggers.manual_only)
    def approved(x: int) -> int:
        return x

    with Flow("f") as flow:
        approved(inc(1))

    verdict = run(flow)

    assert (verdict.outcome, verdict.reason) == (Outcome.FAILED, Reason.TASK_FAILED)
    assert "some tasks are paused. Nobody can resume them" in verdict.message
    assert verdict.tasks == Counts(total=2, succeeded=1, pending=1)
