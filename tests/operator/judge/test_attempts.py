"""Attempts as a table: what follows from a failure, what is stopped, what waits, what begins."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from flowrun_operator.api import Phase, Reason
from flowrun_operator.api.reasons import CHOSEN, RETRIED
from flowrun_operator.api.status import Attempt
from flowrun_operator.judge import CHECKS, judge
from flowrun_operator.judge.retry import backoff_seconds, failures, next_attempt_at
from flowrun_operator.observe.memory import Memory, OomKill
from flowrun_operator.observe.world import Children, World
from tests.operator.build import (
    BEGAN,
    CLUSTER,
    CLUSTER_UID,
    NOW,
    RUNNER,
    RUNNER_UID,
    a_cluster,
    a_dask_pod,
    a_progress,
    a_run,
    a_runner,
    a_testimony,
    a_world,
    ended,
    running,
    waiting,
)
from tests.operator.judge import test_policy

STARTED = {"startedAt": "2026-11-22T05:00:55Z"}
STOPPED = ended("runner", 143, a_testimony("Stopped", message="stopped by SIGTERM", **STARTED))
SCHEDULER_GONE = ended("runner", 3, a_testimony("Failed", reason="SchedulerLost", **STARTED))
TASK_FAILED = ended("runner", 3, a_testimony("Failed", reason="TaskFailed", **STARTED))
SUCCESS = ended("runner", 0, a_testimony(**STARTED))
RETRIES = {"backoffLimit": 2}
GONE = {"scheduler_address": None, "dashboard_url": None}


def row(number: int = 1, **fields: Any) -> Attempt:
    names = {"cluster_name": CLUSTER, "runner_pod_name": RUNNER}
    return Attempt(number=number, **({"start_time": BEGAN} | names | fields))


def lost(number: int = 1, *, ago: float = 5) -> Attempt:
    """An attempt that ended so many seconds ago."""
    end = NOW - timedelta(seconds=ago)
    return row(number, end_time=end, reason=Reason.SCHEDULER_LOST, message="gone")


def failing(reason: str, spec: dict[str, Any], phase: Phase = Phase.RUNNING) -> World:
    """A run whose runner gives this reason."""
    end = ended("runner", 3, a_testimony("Failed", reason=reason, **STARTED))
    return a_world(run=a_run(phase, spec=spec), runner=a_runner(end))


def stopping(reason: Reason, *containers: Any, **fields: Any) -> World:
    """A run whose runner was told to stop two seconds ago."""
    told = row(
        cluster_uid=CLUSTER_UID,
        runner_pod_uid=RUNNER_UID,
        stop_time=NOW - timedelta(seconds=2),
        reason=reason,
        message="Because.",
    )
    runner = a_runner(*containers) if containers else a_runner()
    fields = {"runner": runner} | fields
    return a_world(run=a_run(Phase.RUNNING, spec=RETRIES, attempts=[told]), **fields)


def between(*rows: Attempt, spec: dict[str, Any] | None = None, **world: Any) -> World:
    """A run whose last attempt has ended, and of which nothing is left."""
    phase = world.pop("phase", Phase.PENDING)
    run = a_run(phase, spec=RETRIES | (spec or {}), attempts=list(rows), attempt=len(rows), **GONE)
    return a_world(run=run, **({"runner": None, "cluster": None} | world))


def new(**spec: Any) -> World:
    return a_world(run=a_run(None, spec=spec), runner=None, cluster=None)


def rule(reason: str, action: str, cluster: str = "Recreate") -> dict[str, Any]:
    return {"retryRules": [{"reason": reason, "action": action, "cluster": cluster}]}


# What follows from a failure.


@pytest.mark.parametrize("reason", sorted(RETRIED))
def test_what_the_infrastructure_did_is_tried_again(reason: Reason) -> None:
    worlds = {
        Reason.CLUSTER_START_TIMEOUT: a_world(
            run=a_run(spec=RETRIES), now=BEGAN + timedelta(seconds=61)
        ),
        Reason.CLUSTER_LOST: a_world(
            run=a_run(Phase.RUNNING, spec=RETRIES), cluster=None, cluster_gone=True
        ),
        Reason.RUNNER_LOST: a_world(
            run=a_run(Phase.RUNNING, spec=RETRIES), runner=None, runner_gone=True
        ),
    }
    verdict = judge(worlds.get(reason) or failing(reason, RETRIES))
    assert (verdict.phase, verdict.reason) == (Phase.PENDING, reason)
    assert verdict.ends is not None
    assert verdict.ends.reason is reason


@pytest.mark.parametrize("reason", ["TaskFailed", "InvalidFlow", "InvalidParameters"])
def test_what_the_user_did_is_not(reason: str) -> None:
    verdict = judge(failing(reason, RETRIES))
    assert (verdict.phase, verdict.reason) == (Phase.FAILED, reason)


def test_a_rule_says_otherwise_either_way() -> None:
    assert judge(failing("TaskFailed", RETRIES | rule("TaskFailed", "Retry"))).ends is not None
    assert judge(failing("WorkersLost", RETRIES | rule("WorkersLost", "Fail"))).final
    assert judge(failing("WorkersLost", RETRIES | rule("TaskFailed", "Fail"))).ends is not None


def test_the_last_attempt_says_that_it_was_the_last() -> None:
    attempts = [lost(1), lost(2), row(3, cluster_uid=CLUSTER_UID, runner_pod_uid=RUNNER_UID)]
    run = a_run(Phase.RUNNING, spec=RETRIES, attempts=attempts, attempt=3)
    verdict = judge(a_world(run=run, runner=a_runner(SCHEDULER_GONE)))
    assert (verdict.phase, verdict.reason) == (Phase.FAILED, Reason.SCHEDULER_LOST)
    assert "attempt 3, the last one: backoffLimit is reached" in verdict.message


def test_a_suspended_attempt_costs_no_backoff() -> None:
    suspended = row(1, end_time=NOW, reason=Reason.SUSPENDED)
    world = between(suspended)
    assert failures(world) == 0
    assert next_attempt_at(world) == NOW


def test_the_wait_doubles_with_jitter_up_to_a_cap_and_is_the_same_for_everybody() -> None:
    world = between(lost(), spec={"backoffSeconds": 10})
    waits = [backoff_seconds(world, failed) for failed in range(1, 10)]
    for wait, base in zip(waits, [10, 20, 40, 80, 160, 320, 600, 600, 600], strict=True):
        assert base <= wait < base * 1.25
    assert [backoff_seconds(world, failed) for failed in range(1, 10)] == waits


def test_no_rule_tries_again_what_somebody_chose() -> None:
    assert CHOSEN.isdisjoint(RETRIED)


# Between attempts.

BETWEEN = {
    "before its time": (between(lost(ago=5)), (Phase.PENDING, False)),
    "in its time": (between(lost(ago=15)), (Phase.PENDING, True)),
    "while a runner of an old attempt still runs": (
        between(lost(ago=15), children=Children(pods=(a_runner(),))),
        (Phase.PENDING, False),
    ),
    "when that runner has ended": (
        between(lost(ago=15), children=Children(pods=(a_runner(SUCCESS, phase="Succeeded"),))),
        (Phase.PENDING, True),
    ),
    "while that runner's node may still be there": (
        between(
            lost(ago=15),
            children=Children(pods=(a_runner(deleted=NOW - timedelta(seconds=61), ready=True),)),
        ),
        (Phase.PENDING, False),
    ),
    "when that runner's node is gone": (
        between(
            lost(ago=15), children=Children(pods=(a_runner(deleted=NOW - timedelta(seconds=61)),))
        ),
        (Phase.PENDING, True),
    ),
    "while a worker of an old attempt still runs": (
        between(lost(ago=15), children=Children(pods=(a_dask_pod("worker"),))),
        (Phase.PENDING, False),
    ),
    "while an old cluster is there": (
        between(lost(ago=15), children=Children(clusters=(a_cluster(),))),
        (Phase.PENDING, False),
    ),
    "when an old cluster waits for its finalizer alone": (
        between(lost(ago=15), children=Children(clusters=(a_cluster(deletion_timestamp=NOW),))),
        (Phase.PENDING, True),
    ),
    "suspended meanwhile": (
        between(lost(ago=15), spec={"suspend": True}),
        (Phase.SUSPENDED, False),
    ),
    "resumed": (
        between(row(1, end_time=NOW, reason=Reason.SUSPENDED), phase=Phase.SUSPENDED),
        (Phase.PENDING, True),
    ),
    "cancelled meanwhile": (
        between(lost(ago=15), spec={"cancel": True}),
        (Phase.CANCELLED, False),
    ),
    "out of time meanwhile": (
        between(lost(ago=5), spec={"activeDeadlineSeconds": 10}),
        (Phase.FAILED, False),
    ),
    "suspended at its creation": (new(suspend=True), (Phase.SUSPENDED, False)),
    "cancelled at its creation": (new(cancel=True), (Phase.CANCELLED, False)),
    "new": (new(), (Phase.PENDING, True)),
    "new, in a group that has not admitted it": (
        new(concurrency={"group": "etl"}),
        (Phase.PENDING, False),
    ),
}


@pytest.mark.parametrize(("world", "expected"), BETWEEN.values(), ids=BETWEEN)
def test_when_the_next_attempt_begins(world: World, expected: tuple[Phase, bool]) -> None:
    verdict = judge(world)
    assert (verdict.phase, verdict.begins) == expected


def test_a_run_that_waits_says_why_and_until_when() -> None:
    verdict = judge(between(lost(ago=5)))
    assert verdict.reason is Reason.SCHEDULER_LOST
    assert "attempt 1 failed with SchedulerLost: gone" in verdict.message
    assert "Attempt 2 begins at 05:01:0" in verdict.message


def test_a_run_that_waits_for_its_group_says_its_place() -> None:
    world = replace(new(concurrency={"group": "etl", "limit": 3}), place=4)
    words = "Waits for a place in group etl (limit 3): number 4 in line."
    assert judge(world).message == words


def test_a_run_that_its_group_refused_is_cancelled() -> None:
    run = a_run(None, spec={"concurrency": {"group": "etl", "policy": "Forbid"}})
    run = run.model_copy(update={"status": run.status.model_copy(update={"admitted": False})})
    verdict = judge(a_world(run=run, runner=None, cluster=None))
    assert (verdict.phase, verdict.reason) == (Phase.CANCELLED, Reason.CANCELLED)
    assert "Group etl was full (limit 1, policy Forbid)" in verdict.message


# Stopping an attempt.

LATE = {"activeDeadlineSeconds": 10}
STOPS = {
    "cancelled": (a_run(Phase.RUNNING, spec={"cancel": True}), Reason.CANCELLED),
    "replaced": (a_run(Phase.RUNNING, replaced_by="b"), Reason.CANCELLED),
    "suspended": (a_run(Phase.RUNNING, spec={"suspend": True}), Reason.SUSPENDED),
    "out of time": (a_run(Phase.RUNNING, spec=LATE), Reason.DEADLINE_EXCEEDED),
    "cancelled while it starts": (a_run(spec={"cancel": True}), Reason.CANCELLED),
}


@pytest.mark.parametrize(("run", "reason"), STOPS.values(), ids=STOPS)
def test_an_attempt_is_told_to_stop(run: Any, reason: Reason) -> None:
    verdict = judge(a_world(run=run))
    assert verdict.stops is not None
    assert verdict.stops.reason is reason
    assert verdict.phase is run.status.phase
    assert not verdict.final


def test_what_has_ended_by_itself_is_not_stopped() -> None:
    run = a_run(Phase.RUNNING, spec={"cancel": True})
    assert judge(a_world(run=run, runner=a_runner(SUCCESS))).phase is Phase.SUCCEEDED


def test_a_deadline_names_what_held_the_start_up() -> None:
    pod = a_dask_pod(unschedulable="0/1 nodes are available")
    verdict = judge(a_world(run=a_run(spec=LATE), dask_pods=(pod,)))
    assert (verdict.phase, verdict.reason) == (Phase.FAILED, Reason.UNSCHEDULABLE)
    assert "0/1 nodes are available" in verdict.message
    assert "had not ended after 10 s" in verdict.message
    bare = judge(a_world(run=a_run(spec=LATE)))
    assert (bare.phase, bare.reason) == (Phase.FAILED, Reason.DEADLINE_EXCEEDED)


ENDS = {
    "its runner has not ended": (stopping(Reason.CANCELLED), (Phase.RUNNING, None)),
    "cancelled": (stopping(Reason.CANCELLED, STOPPED), (Phase.CANCELLED, None)),
    "cancelled, killed at the end of its grace period": (
        stopping(Reason.CANCELLED, ended("runner", 137)),
        (Phase.CANCELLED, None),
    ),
    "cancelled before its runner began": (
        stopping(Reason.CANCELLED, runner=None),
        (Phase.CANCELLED, None),
    ),
    "cancelled on a node that is gone": (
        stopping(Reason.CANCELLED, runner=a_runner(deleted=NOW - timedelta(seconds=61))),
        (Phase.CANCELLED, None),
    ),
    "cancelled, and lost its cluster": (
        stopping(Reason.CANCELLED, SCHEDULER_GONE),
        (Phase.CANCELLED, None),
    ),
    "suspended": (stopping(Reason.SUSPENDED, STOPPED), (Phase.SUSPENDED, Reason.SUSPENDED)),
    "suspended, and failed by itself": (
        stopping(Reason.SUSPENDED, TASK_FAILED),
        (Phase.FAILED, None),
    ),
    "suspended, and succeeded all the same": (
        stopping(Reason.SUSPENDED, SUCCESS),
        (Phase.SUCCEEDED, None),
    ),
    "suspended, and lost its cluster": (
        stopping(Reason.SUSPENDED, SCHEDULER_GONE),
        (Phase.PENDING, Reason.SCHEDULER_LOST),
    ),
    "out of time": (stopping(Reason.DEADLINE_EXCEEDED, STOPPED), (Phase.FAILED, None)),
}


@pytest.mark.parametrize(("world", "expected"), ENDS.values(), ids=ENDS)
def test_how_an_attempt_that_was_to_stop_ends(
    world: World, expected: tuple[Phase, Reason | None]
) -> None:
    verdict = judge(world)
    assert (verdict.phase, verdict.ends and verdict.ends.reason) == expected


def test_the_runners_last_words_are_told() -> None:
    message = judge(stopping(Reason.CANCELLED, STOPPED)).message
    assert message == "Because. The runner: stopped by SIGTERM."
    assert "without a verdict" in judge(stopping(Reason.CANCELLED, ended("runner", 137))).message
    node_gone = a_runner(deleted=NOW - timedelta(seconds=61))
    assert "its node is gone" in judge(stopping(Reason.CANCELLED, runner=node_gone)).message


# Memory, and workers that do not come back.


def an_oom(component: str, **now: Any) -> Any:
    died = {"last_reason": "OOMKilled", "last_exit_code": 137, "restarts": 1}
    return a_dask_pod(component, running(component, memory_limit="1Gi", **died), **now)


OUT_OF_MEMORY = {
    "the runner": (
        a_world(
            Phase.RUNNING,
            runner=a_runner(ended("runner", 137, reason="OOMKilled", memory_limit="256Mi")),
        ),
        "container runner: killed for exceeding its memory limit of 256Mi",
    ),
    "a worker whose tasks Dask gave up": (
        replace(failing("WorkersLost", {}), dask_pods=(a_dask_pod(), an_oom("worker"))),
        "container worker: killed for exceeding its memory limit of 1Gi",
    ),
    "the scheduler": (
        replace(failing("SchedulerLost", {}), dask_pods=(an_oom("scheduler"),)),
        "container scheduler: killed for exceeding its memory limit of 1Gi",
    ),
}


@pytest.mark.parametrize(("world", "words"), OUT_OF_MEMORY.values(), ids=OUT_OF_MEMORY)
def test_memory_explains_what_died_of_it(world: World, words: str) -> None:
    verdict = judge(world)
    assert (verdict.phase, verdict.reason) == (Phase.FAILED, Reason.OUT_OF_MEMORY)
    assert words in verdict.message


def lost_workers(seconds: float, *dask_pods: Any) -> World:
    """The runner ended so long ago, since Dask had lost its workers."""
    verdict = a_testimony("Failed", reason="WorkersLost", **STARTED)
    end = ended("runner", 3, verdict, finished_at=NOW - timedelta(seconds=seconds))
    return a_world(Phase.RUNNING, runner=a_runner(end), dask_pods=dask_pods)


FLOW_BEGAN = datetime.fromisoformat(STARTED["startedAt"])


def a_restarted(exit_code: int, reason: str = "Error", seconds: float = 5) -> Any:
    """A worker whose container ended so, so long after the flow's beginning, and runs again."""
    died: dict[str, Any] = {"restarts": 1, "last_reason": reason, "last_exit_code": exit_code}
    died |= {"last_finished_at": FLOW_BEGAN + timedelta(seconds=seconds)}
    return a_dask_pod("worker", running("worker", **died))


PREPARED = replace(ended("prepare", 0), last_finished_at=FLOW_BEGAN - timedelta(seconds=9))
WELL = (a_dask_pod(), a_dask_pod("worker"))
TOLD = {
    "nobody has told anything yet": (lost_workers(29, *WELL), None),
    "nobody tells anything": (lost_workers(30, *WELL), Reason.WORKERS_LOST),
    "the node's clock runs ahead": (lost_workers(-1, *WELL), Reason.WORKERS_LOST),
    "it was memory": (lost_workers(1, a_dask_pod(), an_oom("worker")), Reason.OUT_OF_MEMORY),
    "it was memory, before it was something else": (
        replace(
            lost_workers(1, a_dask_pod(), a_restarted(1)),
            memory=Memory(oom_kill=OomKill("w", "worker", "1Gi")),
        ),
        Reason.OUT_OF_MEMORY,
    ),
    "it was something else": (lost_workers(1, a_dask_pod(), a_restarted(1)), Reason.WORKERS_LOST),
    "in the flow's first second": (lost_workers(1, a_restarted(1, seconds=0)), Reason.WORKERS_LOST),
    "it was SIGKILL, so far": (lost_workers(29, a_restarted(137)), None),
    "it was SIGKILL": (lost_workers(30, a_restarted(137)), Reason.WORKERS_LOST),
    "it had ended before the flow began": (lost_workers(29, a_restarted(1, seconds=-9)), None),
    "an init container has ended": (
        lost_workers(29, a_dask_pod("worker", PREPARED, running("worker"))),
        None,
    ),
    "its pod goes": (lost_workers(1, a_dask_pod("worker", deleted=NOW)), Reason.WORKERS_LOST),
    "there is no pod left": (lost_workers(1), Reason.WORKERS_LOST),
}


@pytest.mark.parametrize(("world", "reason"), TOLD.values(), ids=TOLD)
def test_a_moment_is_given_to_the_kubelets_to_tell_what_ended(
    world: World, reason: Reason | None
) -> None:
    verdict = judge(world)
    waits = (Phase.RUNNING, None)
    assert (verdict.phase, verdict.reason) == ((Phase.FAILED, reason) if reason else waits)


def test_memory_does_not_explain_a_task_that_raised() -> None:
    world = replace(failing("TaskFailed", {}), dask_pods=(an_oom("worker"),))
    assert judge(world).reason is Reason.TASK_FAILED


def without_workers(seconds: float) -> World:
    since = Memory(progress=a_progress(), no_workers_since=NOW - timedelta(seconds=seconds))
    crashed = a_dask_pod("worker", waiting("worker", "CrashLoopBackOff", last_reason="Error"))
    return a_world(Phase.RUNNING, memory=since, dask_pods=(crashed,))


GIVEN_UP = (without_workers(60),)


def test_a_flow_without_any_worker_is_given_up_after_the_start_timeout() -> None:
    assert judge(without_workers(59)).phase is Phase.RUNNING
    verdict = judge(without_workers(60))
    assert (verdict.phase, verdict.reason) == (Phase.FAILED, Reason.WORKERS_LOST)
    assert "none is registered with the scheduler, the last time Error" in verdict.message


def test_every_check_decides_something_in_these_tables() -> None:
    tables = (BETWEEN, ENDS, test_policy.ENDS, test_policy.GOES_ON)
    worlds = [world for table in tables for world, _ in table.values()]
    worlds += [a_world(run=run) for run, _ in STOPS.values()]
    worlds += [world for table in (OUT_OF_MEMORY, TOLD) for world, _ in table.values()]
    worlds += [a_world(Phase.SUCCEEDED), *GIVEN_UP]
    deciders = {
        next((check for check in CHECKS if check(world) is not None), None) for world in worlds
    }
    assert deciders >= set(CHECKS)
