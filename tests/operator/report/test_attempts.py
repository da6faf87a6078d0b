"""The rows of attempts, the usage in them, and what is told of a run between two of them."""

from datetime import timedelta
from typing import Any

import pytest

from flowrun_operator.api import ConditionType, FlowRunStatus, Phase, Reason
from flowrun_operator.api.status import Attempt
from flowrun_operator.judge import judge
from flowrun_operator.observe.memory import Memory
from flowrun_operator.observe.pods import Pod
from flowrun_operator.observe.quantity import number
from flowrun_operator.observe.world import World
from flowrun_operator.perform.performed import Performed
from flowrun_operator.report.conditions import find
from flowrun_operator.report.events import stories
from flowrun_operator.report.status import compose, differs, differs_in_progress_only
from tests.operator.build import (
    BEGAN,
    CLUSTER,
    CLUSTER_UID,
    NOW,
    RUNNER,
    UID,
    a_cluster,
    a_dask_pod,
    a_progress,
    a_run,
    a_runner,
    a_testimony,
    a_world,
    ended,
)

COUNTS = {"total": 9, "pending": 5, "running": 1, "succeeded": 3, "failed": 0, "skipped": 0}
USED = {"workerSeconds": 12.5, "peakMemoryBytes": 2**30}
LOST = ended("runner", 3, a_testimony("Failed", reason="SchedulerLost", tasks=COUNTS, usage=USED))
RETRIES = {"backoffLimit": 2}


def after(world: World, performed: Performed | None = None) -> FlowRunStatus:
    return compose(world, judge(world), performed or Performed())


def lost(**spec: object) -> World:
    return a_world(
        run=a_run(Phase.RUNNING, spec=RETRIES | spec),
        runner=a_runner(LOST, cpu_request=0.5, memory_request=2.0**30),
        dask_pods=(
            a_dask_pod(cpu_request=0.5, memory_request=2.0**30),
            a_dask_pod("worker", uid="w", cpu_request=2.0, memory_request=4 * 2.0**30),
        ),
    )


def waiting(reason: Reason = Reason.SCHEDULER_LOST, ago: float = 20, **spec: object) -> World:
    row = Attempt(
        number=1,
        start_time=BEGAN,
        end_time=NOW - timedelta(seconds=ago),
        cluster_name=CLUSTER,
        cluster_uid=CLUSTER_UID,
        runner_pod_name=RUNNER,
        reason=reason,
        message="gone",
        post_mortem="",
    )
    run = a_run(Phase.PENDING, spec=RETRIES | spec, attempts=[row], scheduler_address=None)
    return a_world(run=run, runner=None, cluster=None, memory=Memory(progress=a_progress()))


def test_a_failed_attempt_keeps_what_is_known_of_it() -> None:
    status = after(lost())
    assert (status.phase, status.reason) == (Phase.PENDING, Reason.SCHEDULER_LOST)
    [row] = status.attempts
    assert (row.end_time, row.exit_code, row.reason) == (NOW, 3, Reason.SCHEDULER_LOST)
    assert row.tasks is not None
    assert (row.tasks.succeeded, row.tasks.total) == (3, 9)
    assert status.completion_time is None
    assert find(status.conditions, ConditionType.FINISHED) is None
    running = find(status.conditions, ConditionType.RUNNING)
    assert running is not None
    assert (running.status, running.reason) == ("False", "SchedulerLost")


def test_usage_counts_workers_by_the_runners_word_and_the_others_from_the_start() -> None:
    usage = after(lost()).usage
    assert usage is not None
    # 10 s of runner and scheduler, 0.5 CPUs and 1 GiB each; 12.5 worker-seconds of 2 CPUs, 4 GiB.
    assert usage.worker_seconds == 12.5
    assert usage.cpu_seconds == 10 * 1.0 + 12.5 * 2
    assert usage.memory_gibibyte_seconds == 10 * 2 + 12.5 * 4
    assert usage.peak_memory_bytes == 2**30


def test_usage_alone_is_no_reason_to_write() -> None:
    world = a_world(Phase.RUNNING, progress=a_progress(usage=USED))
    written = after(world)
    assert written.usage is not None
    later = a_world(
        run=world.run.model_copy(update={"status": written}),
        progress=a_progress(usage=USED | {"workerSeconds": 20.0}),
    )
    assert not differs(written, after(later))


def test_the_next_attempt_has_names_of_its_own_and_starts_from_nothing() -> None:
    status = after(waiting())
    assert status.attempt == 2
    first, second = status.attempts
    assert first.reason is Reason.SCHEDULER_LOST
    assert (second.number, second.cluster_name) == (2, "diamond-2-3f9c2")
    assert second.runner_pod_name == "diamond-2-3f9c2-runner"
    assert (second.cluster_uid, second.runner_pod_uid) == (None, None)
    assert status.tasks is None
    assert status.reason is None
    assert status.start_time == BEGAN


def test_a_resumed_run_has_a_new_start_time() -> None:
    assert after(waiting(Reason.SUSPENDED)).start_time == NOW


def test_a_rule_lets_the_next_attempt_use_the_cluster_again() -> None:
    rule = {"reason": "RunnerLost", "action": "Retry", "cluster": "Reuse"}
    world = waiting(Reason.RUNNER_LOST, retryRules=[rule])
    there = a_world(run=world.run, runner=None, cluster=a_cluster(), dask_pods=(a_dask_pod(),))
    second = after(there).attempts[-1]
    assert (second.cluster_name, second.cluster_uid) == (CLUSTER, CLUSTER_UID)
    assert second.runner_pod_name == "diamond-2-3f9c2-runner"


def test_a_bundle_stands_in_its_attempt_and_a_released_cluster_has_no_address() -> None:
    world = a_world(run=lost().run.model_copy(update={"status": after(lost())}), runner=None)
    status = after(world, Performed(post_mortem="bundle"))
    assert status.attempts[0].post_mortem == "bundle"
    assert status.dashboard_url is not None
    status = after(world, Performed(released=True))
    assert status.dashboard_url is None


def test_a_stop_is_written_with_its_reason_and_the_run_goes_on() -> None:
    status = after(a_world(run=a_run(Phase.RUNNING, spec={"cancel": True})))
    [row] = status.attempts
    assert (row.stop_time, row.reason, row.end_time) == (NOW, Reason.CANCELLED, None)
    assert status.phase is Phase.RUNNING
    assert status.reason is Reason.CANCELLED


def test_a_suspended_run_gives_up_its_place() -> None:
    run = a_run(None, spec={"suspend": True})
    run = run.model_copy(update={"status": run.status.model_copy(update={"admitted": True})})
    status = after(a_world(run=run, runner=None, cluster=None))
    assert (status.phase, status.admitted, status.attempts) == (Phase.SUSPENDED, None, [])
    suspended = find(status.conditions, ConditionType.SUSPENDED)
    assert suspended is not None
    assert suspended.status == "True"


def told(world: World) -> list[str]:
    return [story.reason for story in stories(world.run, after(world))]


def test_events_tell_of_attempts() -> None:
    assert told(lost()) == ["AttemptFailed"]
    assert "Stopping" in told(a_world(run=a_run(Phase.RUNNING, spec={"suspend": True})))
    assert told(waiting()) == []
    resumed = waiting(Reason.SUSPENDED)
    status = resumed.run.status.model_copy(update={"phase": Phase.SUSPENDED})
    assert told(a_world(run=resumed.run.model_copy(update={"status": status}))) == ["Resumed"]


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        ("500m", 0.5),
        ("2", 2.0),
        (1, 1.0),
        ("1.5Gi", 1.5 * 2**30),
        ("128974848", 128974848.0),
        ("129e6", 129e6),
        ("123Mi", 123 * 2**20),
        ("1k", 1000.0),
        (None, 0.0),
        ("much", 0.0),
    ],
)
def test_quantities_are_numbers(quantity: object, expected: float) -> None:
    assert number(quantity) == expected


KEPT = {"results": {"location": "file:///results"}}
FOLDER = f"file:///results/data/diamond-{UID}"


def test_an_attempt_says_how_many_tasks_it_took_over_while_it_runs_and_after() -> None:
    told = a_progress(tasks=COUNTS, tasksResumed=2)
    running = after(a_world(run=a_run(Phase.RUNNING, spec=KEPT), progress=told))
    assert running.attempts[0].tasks_resumed == 2

    status = after(
        a_world(
            run=a_run(Phase.RUNNING, spec=KEPT),
            runner=a_runner(ended("runner", 0, a_testimony(tasksResumed=3))),
        )
    )

    assert status.phase is Phase.SUCCEEDED
    assert status.attempts[0].tasks_resumed == 3


def test_what_was_taken_over_is_known_when_the_runner_is_killed_and_when_the_operator_is() -> None:
    row = a_run(Phase.RUNNING).status.attempts[0].model_copy(update={"tasks_resumed": 2})
    run = a_run(Phase.RUNNING, spec=KEPT, attempts=[row])

    status = after(a_world(run=run, runner=a_runner(ended("runner", 137)), memory=Memory()))

    assert status.attempts[0].reason is Reason.RUNNER_CRASHED
    assert status.attempts[0].tasks_resumed == 2


def test_an_attempt_that_keeps_nothing_does_not_speak_of_it() -> None:
    assert after(lost()).attempts[0].tasks_resumed is None


def test_counts_of_what_was_taken_over_are_progress() -> None:
    run = a_run(Phase.RUNNING, spec=KEPT)
    one, two = (
        after(a_world(run=run, progress=a_progress(tasksResumed=number))) for number in (1, 2)
    )

    assert differs(one, two)
    assert differs_in_progress_only(one, two)


@pytest.mark.parametrize(
    ("spec", "runner", "url"),
    [
        ({}, a_runner(), None),
        (KEPT, a_runner(), FOLDER),
        (KEPT, a_runner(LOST), FOLDER),
        (KEPT, a_runner(ended("runner", 0, a_testimony())), None),
        (
            {"results": {"location": "file:///results", "keep": True}},
            a_runner(ended("runner", 0, a_testimony())),
            FOLDER,
        ),
    ],
    ids=["nowhere", "running", "failed", "succeeded", "succeeded and kept"],
)
def test_the_url_of_results_stands_for_as_long_as_there_may_be_some(
    spec: dict[str, Any], runner: Pod, url: str | None
) -> None:
    run = a_run(Phase.RUNNING, spec=spec, results_url=FOLDER if spec else None)

    assert after(a_world(run=run, runner=runner)).results_url == url
