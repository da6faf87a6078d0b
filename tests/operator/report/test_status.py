"""The status that a turn writes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from flowrun_operator.api import ConditionType, FlowRunStatus, Phase, Problem, Reason
from flowrun_operator.judge import judge
from flowrun_operator.observe.memory import Memory
from flowrun_operator.observe.world import World
from flowrun_operator.perform.performed import Performed
from flowrun_operator.plan.actions import Kind
from flowrun_operator.report.conditions import find
from flowrun_operator.report.status import compose, differs, differs_in_progress_only
from tests.operator.build import (
    BEGAN,
    CLUSTER,
    CLUSTER_UID,
    NOW,
    RUNNER,
    RUNNER_UID,
    a_dask_pod,
    a_progress,
    a_run,
    a_runner,
    a_testimony,
    a_world,
    ended,
)

STARTED_AT = "2026-11-22T05:00:55.750000Z"
COUNTS = {"total": 301, "pending": 121, "running": 0, "succeeded": 180, "failed": 0, "skipped": 0}
LATE = BEGAN + timedelta(seconds=61)


def after(world: World, performed: Performed | None = None) -> FlowRunStatus:
    return compose(world, judge(world), performed or Performed())


def told(status: FlowRunStatus, kind: ConditionType) -> tuple[str, str] | None:
    condition = find(status.conditions, kind)
    return (condition.status, condition.reason) if condition else None


def next_world(world: World, **changes: object) -> World:
    """The same run after its turn was written, seen again."""
    run = world.run.model_copy(update={"status": after(world)})
    return a_world(run=run, **changes)


def test_the_first_turn_writes_the_intent_and_nothing_that_does_not_exist() -> None:
    status = after(a_world(None, run=a_run(None), runner=None, cluster=None))
    assert status.phase is Phase.PENDING
    assert status.attempt == 1
    [attempt] = status.attempts
    assert (attempt.cluster_name, attempt.runner_pod_name) == (CLUSTER, RUNNER)
    assert (attempt.cluster_uid, attempt.runner_pod_uid) == (None, None)
    assert status.scheduler_address is None
    assert told(status, ConditionType.VALID) == ("True", "Valid")


def test_the_second_turn_records_what_was_created() -> None:
    world = a_world(run=a_run(Phase.PENDING, recorded=False), runner=None, cluster=None)
    made = Performed(uids={Kind.DASK_CLUSTER: CLUSTER_UID, Kind.POD: RUNNER_UID}, created=True)
    status = after(world, made)
    assert status.phase is Phase.STARTING
    assert status.attempts[0].cluster_uid == CLUSTER_UID
    assert status.attempts[0].runner_pod_uid == RUNNER_UID
    assert status.scheduler_address == f"tcp://{CLUSTER}-scheduler.data.svc:8786"
    assert status.dashboard_url == f"http://{CLUSTER}-scheduler.data.svc:8787/status"


def test_what_an_index_shows_is_recorded_where_the_answer_to_a_create_was_lost() -> None:
    status = after(a_world(run=a_run(recorded=False)))
    assert status.attempts[0].cluster_uid == CLUSTER_UID
    assert status.attempts[0].runner_pod_uid == RUNNER_UID


def test_a_cause_stands_in_reason_message_and_condition() -> None:
    status = after(a_world(dask_pods=(a_dask_pod(unschedulable="0/1 nodes are available"),)))
    assert (status.phase, status.reason) == (Phase.STARTING, Reason.UNSCHEDULABLE)
    assert "0/1 nodes are available" in (status.message or "")
    assert told(status, ConditionType.CLUSTER_READY) == ("False", "Unschedulable")


def test_a_cause_that_has_healed_is_gone_from_all_three() -> None:
    stuck = a_world(dask_pods=(a_dask_pod(unschedulable="0/1 nodes are available"),))
    status = after(next_world(stuck, dask_pods=(a_dask_pod(ready=False),)))
    assert (status.reason, status.message) == (None, None)
    assert told(status, ConditionType.CLUSTER_READY) == ("False", "Starting")


def test_the_gate_is_open_when_scheduler_and_enough_workers_are_ready() -> None:
    waiting = a_progress("waiting")
    status = after(a_world(dask_pods=(a_dask_pod(),), progress=waiting))
    assert told(status, ConditionType.CLUSTER_READY) == ("True", "ClusterReady")
    assert told(status, ConditionType.RUNNING) == ("False", "Starting")


def test_counts_come_from_progress() -> None:
    failed = [{"name": "inc[3]", "message": "no"}]
    progress = a_progress(tasks=COUNTS, failedTasks=failed)
    status = after(a_world(Phase.RUNNING, progress=progress))
    assert status.tasks is not None
    assert (status.tasks.succeeded, status.tasks.total) == (180, 301)
    assert [task.name for task in status.failed_tasks] == ["inc[3]"]
    assert status.summary is not None
    assert (status.summary.workers, status.summary.tasks) == ("2/2", "180/301")
    assert status.summary.duration == "10s"


def test_counts_stay_when_another_process_knows_nothing_yet() -> None:
    before = a_world(Phase.RUNNING, progress=a_progress(tasks=COUNTS))
    status = after(next_world(before))
    assert status.tasks is not None
    assert status.tasks.succeeded == 180
    assert status.workers is not None
    assert status.workers.ready == 2


def test_running_holds_since_the_first_task_by_the_runners_word() -> None:
    status = after(a_world(progress=a_progress(startedAt=STARTED_AT)))
    condition = find(status.conditions, ConditionType.RUNNING)
    assert condition is not None
    assert condition.status == "True"
    assert condition.last_transition_time == datetime(2026, 11, 22, 5, 0, 55, tzinfo=UTC)


@pytest.mark.parametrize(
    ("claimed", "since"),
    [("1999-01-01T00:00:00Z", BEGAN), ("2999-01-01T00:00:00Z", NOW)],
)
def test_a_runner_cannot_claim_an_impossible_start(claimed: str, since: datetime) -> None:
    status = after(a_world(progress=a_progress(startedAt=claimed)))
    condition = find(status.conditions, ConditionType.RUNNING)
    assert condition is not None
    assert condition.last_transition_time == since


def test_a_transition_time_changes_only_with_the_status() -> None:
    first = a_world(dask_pods=(a_dask_pod(unschedulable="a"),))
    later = NOW + timedelta(seconds=9)
    second = after(next_world(first, now=later, dask_pods=(a_dask_pod(unschedulable="b"),)))
    condition = find(second.conditions, ConditionType.CLUSTER_READY)
    assert condition is not None
    assert condition.message.endswith("b")
    assert condition.last_transition_time == NOW


def test_a_success_is_complete_and_finished_with_its_result() -> None:
    runner = a_runner(ended("runner", 0, a_testimony(result=9900)))
    status = after(a_world(Phase.RUNNING, runner=runner))
    assert status.result == 9900
    assert status.completion_time == NOW
    assert told(status, ConditionType.COMPLETE) == ("True", "Succeeded")
    assert told(status, ConditionType.FINISHED) == ("True", "Succeeded")
    assert all(condition.message for condition in status.conditions)
    assert told(status, ConditionType.FAILED) is None
    assert told(status, ConditionType.RUNNING) == ("False", "Succeeded")
    [attempt] = status.attempts
    assert (attempt.exit_code, attempt.end_time, attempt.reason) == (0, NOW, None)
    assert status.scheduler_address is not None  # until the cluster's deletion was asked for


def test_a_failure_is_failed_and_finished_with_its_reason_everywhere() -> None:
    words = a_testimony("Failed", reason="TaskFailed", message="inc failed")
    status = after(a_world(Phase.RUNNING, runner=a_runner(ended("runner", 3, words))))
    assert (status.phase, status.reason, status.message) == (
        Phase.FAILED,
        Reason.TASK_FAILED,
        "inc failed",
    )
    assert told(status, ConditionType.FAILED) == ("True", "TaskFailed")
    assert told(status, ConditionType.FINISHED) == ("True", "TaskFailed")
    assert told(status, ConditionType.COMPLETE) is None
    [attempt] = status.attempts
    assert (attempt.exit_code, attempt.reason, attempt.message) == (
        3,
        Reason.TASK_FAILED,
        "inc failed",
    )


def test_the_cause_of_a_start_that_failed_stays_in_the_condition() -> None:
    stuck = (a_dask_pod(unschedulable="0/1 nodes are available"),)
    status = after(next_world(a_world(dask_pods=stuck), now=LATE, dask_pods=stuck))
    assert (status.phase, status.reason) == (Phase.FAILED, Reason.UNSCHEDULABLE)
    assert told(status, ConditionType.CLUSTER_READY) == ("False", "Unschedulable")


def test_a_cluster_that_is_deleted_is_awaited_no_more() -> None:
    words = a_testimony("Failed", reason="InvalidParameters", message="no 'name'")
    finished = next_world(a_world(), runner=a_runner(ended("runner", 2, words)))
    status = after(next_world(finished), Performed(released=True))
    assert told(status, ConditionType.CLUSTER_READY) == ("False", "ClusterDeleted")


def test_the_cause_of_a_failed_start_outlives_its_cluster() -> None:
    stuck = (a_dask_pod(unschedulable="0/1 nodes are available"),)
    finished = next_world(a_world(dask_pods=stuck), now=LATE, dask_pods=stuck)
    status = after(next_world(finished, dask_pods=stuck), Performed(released=True))
    assert told(status, ConditionType.CLUSTER_READY) == ("False", "Unschedulable")


def test_an_invalid_spec_fails_without_an_attempt() -> None:
    world = a_world(None, run=a_run(None), problems=[Problem("spec.runner", "no")])
    status = after(world)
    assert (status.phase, status.attempts, status.cluster_name) == (Phase.FAILED, [], None)
    assert told(status, ConditionType.VALID) == ("False", "InvalidSpec")
    assert told(status, ConditionType.FINISHED) == ("True", "InvalidSpec")


def test_addresses_are_cleared_when_the_cluster_goes_and_nothing_else_changes() -> None:
    running = a_world(progress=a_progress(startedAt=STARTED_AT))
    success = a_runner(ended("runner", 0, a_testimony()))
    finished = next_world(next_world(running), runner=success)
    before = after(finished)
    status = after(next_world(finished, runner=success), Performed(released=True))
    assert (status.scheduler_address, status.dashboard_url) == (None, None)
    assert told(status, ConditionType.CLUSTER_READY) == ("False", "ClusterDeleted")
    same = {"scheduler_address": None, "dashboard_url": None, "conditions": []}
    assert status.model_copy(update=same) == before.model_copy(update=same)


def test_a_finished_status_is_left_as_it_is() -> None:
    world = a_world(Phase.FAILED, progress=a_progress(tasks=COUNTS))
    assert after(world) == world.run.status


def test_a_second_look_at_the_same_world_has_nothing_to_write() -> None:
    first = a_world(Phase.RUNNING, progress=a_progress(tasks=COUNTS))
    second = next_world(first, now=NOW + timedelta(seconds=5), memory=first.memory)
    assert not differs(second.run.status, after(second))


def test_what_is_written_reads_back_as_it_was() -> None:
    status = after(a_world(Phase.RUNNING, runner=a_runner(ended("runner", 0, a_testimony()))))
    assert FlowRunStatus.model_validate(status.to_json()) == status


def test_counts_alone_may_wait_and_a_phase_may_not() -> None:
    first = after(a_world(Phase.RUNNING, progress=a_progress(tasks=COUNTS)))
    more = after(
        a_world(
            Phase.RUNNING,
            memory=Memory(progress=a_progress(tasks=COUNTS | {"succeeded": 181})),
        )
    )
    assert differs(first, more)
    assert differs_in_progress_only(first, more)
    assert not differs_in_progress_only(first, more.model_copy(update={"phase": Phase.FAILED}))


def test_what_the_start_waits_for_is_progress_and_a_cause_is_none() -> None:
    world = a_world(run=a_run(Phase.PENDING), runner=None)
    first = after(world)
    later = after(replace(world, dask_pods=(a_dask_pod(ready=False),)))
    assert differs(first, later)
    assert differs_in_progress_only(first, later)
    unscheduled = a_runner(phase="Pending", node="", unschedulable="0/1 nodes are available")
    assert not differs_in_progress_only(first, after(replace(world, runner=unscheduled)))
