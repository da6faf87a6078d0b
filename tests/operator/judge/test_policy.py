"""The policy as a table: what is seen of a run, and what it means."""

from dataclasses import replace
from datetime import timedelta

import pytest

from flowrun_operator.api import Phase, Problem, Reason
from flowrun_operator.judge import judge
from flowrun_operator.observe.memory import Incarnation, Memory, Refusal
from flowrun_operator.observe.world import World
from tests.operator.build import (
    BEGAN,
    NOW,
    a_cluster,
    a_dask_pod,
    a_deployment,
    a_progress,
    a_run,
    a_runner,
    a_testimony,
    a_world,
    ended,
    running,
    waiting,
)

STARTED = {"startedAt": "2026-11-22T05:00:55Z"}
STOPPED = a_testimony("Stopped", message="stopped by SIGTERM while running", **STARTED)
SCHEDULER_GONE = a_testimony("Failed", reason="SchedulerLost", message="no answer", **STARTED)
TASK_FAILED = a_testimony("Failed", reason="TaskFailed", message="2 tasks failed", **STARTED)
LATE = BEGAN + timedelta(seconds=61)
KNOWN = Memory(scheduler=Incarnation("s1", 0))

ENDS = {
    "a success": (
        a_world(Phase.RUNNING, runner=a_runner(ended("runner", 0, a_testimony(**STARTED)))),
        (Phase.SUCCEEDED, None),
    ),
    "a success counts though its pod is Failed at its deadline": (
        a_world(
            Phase.RUNNING,
            runner=a_runner(
                ended("runner", 0, a_testimony()), phase="Failed", reason="DeadlineExceeded"
            ),
        ),
        (Phase.SUCCEEDED, None),
    ),
    "a success counts though cluster and pod are being deleted": (
        a_world(
            Phase.RUNNING,
            runner=a_runner(ended("runner", 0, a_testimony()), deleted=NOW),
            cluster=a_cluster(deletion_timestamp=NOW),
        ),
        (Phase.SUCCEEDED, None),
    ),
    "a success counts while a container of the user's still runs": (
        a_world(
            Phase.RUNNING,
            runner=a_runner(ended("runner", 0, a_testimony()), running("sidecar")),
        ),
        (Phase.SUCCEEDED, None),
    ),
    "a flow that does not import": (
        a_world(runner=a_runner(ended("runner", 2, a_testimony("Failed", reason="InvalidFlow")))),
        (Phase.FAILED, Reason.INVALID_FLOW),
    ),
    "a flow that does not import, on a cluster that cannot start": (
        a_world(
            runner=a_runner(ended("runner", 2, a_testimony("Failed", reason="InvalidFlow"))),
            dask_pods=(a_dask_pod(unschedulable="0/1 nodes"),),
        ),
        (Phase.FAILED, Reason.INVALID_FLOW),
    ),
    "a task that raised": (
        a_world(Phase.RUNNING, runner=a_runner(ended("runner", 3, TASK_FAILED))),
        (Phase.FAILED, Reason.TASK_FAILED),
    ),
    "a scheduler that the runner misses": (
        a_world(Phase.RUNNING, runner=a_runner(ended("runner", 3, SCHEDULER_GONE))),
        (Phase.FAILED, Reason.SCHEDULER_LOST),
    ),
    "a scheduler that the runner misses since its cluster was deleted": (
        a_world(
            Phase.RUNNING,
            runner=a_runner(ended("runner", 3, SCHEDULER_GONE)),
            cluster=a_cluster(deletion_timestamp=NOW),
        ),
        (Phase.FAILED, Reason.CLUSTER_LOST),
    ),
    "a cluster that a GET does not find": (
        a_world(Phase.RUNNING, cluster=None, cluster_gone=True),
        (Phase.FAILED, Reason.CLUSTER_LOST),
    ),
    "a runner stopped by a deletion": (
        a_world(Phase.RUNNING, runner=a_runner(ended("runner", 143, STOPPED), deleted=NOW)),
        (Phase.FAILED, Reason.RUNNER_LOST),
    ),
    "an evicted runner": (
        a_world(
            Phase.RUNNING,
            runner=a_runner(
                ended("runner", 137), phase="Failed", reason="Evicted", message="low on memory"
            ),
        ),
        (Phase.FAILED, Reason.RUNNER_LOST),
    ),
    "a runner evicted by the API": (
        a_world(
            Phase.RUNNING,
            runner=a_runner(
                ended("runner", 143, STOPPED), disruption="EvictionByEvictionAPI: drained"
            ),
        ),
        (Phase.FAILED, Reason.RUNNER_LOST),
    ),
    "a runner that failed on its own account before it was deleted": (
        a_world(Phase.RUNNING, runner=a_runner(ended("runner", 3, TASK_FAILED), deleted=NOW)),
        (Phase.FAILED, Reason.TASK_FAILED),
    ),
    "a runner that a GET does not find": (
        a_world(Phase.RUNNING, runner=None, runner_gone=True),
        (Phase.FAILED, Reason.RUNNER_LOST),
    ),
    "a runner whose deletion is a minute overdue": (
        a_world(Phase.RUNNING, runner=a_runner(deleted=NOW - timedelta(seconds=61))),
        (Phase.FAILED, Reason.RUNNER_LOST),
    ),
    "a runner whose node forgot it": (
        a_world(
            Phase.RUNNING, runner=a_runner(ended("runner", 137, reason="ContainerStatusUnknown"))
        ),
        (Phase.FAILED, Reason.RUNNER_LOST),
    ),
    "a runner that was stopped by nobody whom the API server knows of": (
        a_world(Phase.RUNNING, runner=a_runner(ended("runner", 143, STOPPED))),
        (Phase.FAILED, Reason.RUNNER_LOST),
    ),
    "a flow that called sys.exit": (
        a_world(Phase.RUNNING, runner=a_runner(ended("runner", 7))),
        (Phase.FAILED, Reason.RUNNER_CRASHED),
    ),
    "a termination message that is no verdict": (
        a_world(Phase.RUNNING, runner=a_runner(ended("runner", 0, '{"outcome": "Succeeded"}'))),
        (Phase.FAILED, Reason.RUNNER_CRASHED),
    ),
    "a command that the image does not have": (
        a_world(
            runner=a_runner(
                ended("runner", 128, 'exec: "python": not found', reason="StartError"),
                phase="Failed",
            )
        ),
        (Phase.FAILED, Reason.CONTAINER_CONFIG),
    ),
    "an init container that failed": (
        a_world(
            runner=a_runner(ended("fetch", 1), waiting("runner", "PodInitializing"), phase="Failed")
        ),
        (Phase.FAILED, Reason.RUNNER_CRASHED),
    ),
    "a scheduler that was replaced while the flow ran": (
        a_world(Phase.RUNNING, memory=KNOWN, dask_pods=(a_dask_pod(uid="s2"),)),
        (Phase.FAILED, Reason.SCHEDULER_LOST),
    ),
    "a scheduler that was restarted while the flow ran": (
        a_world(
            Phase.RUNNING,
            memory=KNOWN,
            dask_pods=(a_dask_pod("scheduler", running("scheduler", restarts=1)),),
        ),
        (Phase.FAILED, Reason.SCHEDULER_LOST),
    ),
    "a scheduler that is being deleted while the flow runs": (
        a_world(Phase.RUNNING, memory=KNOWN, dask_pods=(a_dask_pod(deleted=NOW),)),
        (Phase.FAILED, Reason.SCHEDULER_LOST),
    ),
    "a spec that asks for what is not allowed": (
        a_world(None, run=a_run(None), problems=[Problem("spec.runner", "no")]),
        (Phase.FAILED, Reason.INVALID_SPEC),
    ),
    "a child that the API server finds malformed": (
        a_world(
            memory=Memory(refusals=(Refusal("Pod", "r", Reason.INVALID_SPEC, "is invalid"),)),
            runner=None,
        ),
        (Phase.FAILED, Reason.INVALID_SPEC),
    ),
    "a start that nothing explains, at its deadline": (
        a_world(now=LATE),
        (Phase.FAILED, Reason.CLUSTER_START_TIMEOUT),
    ),
    "a start that something explains, at its deadline": (
        a_world(now=LATE, dask_pods=(a_dask_pod(unschedulable="0/1 nodes are available"),)),
        (Phase.FAILED, Reason.UNSCHEDULABLE),
    ),
}

GOES_ON = {
    "a run that nobody has taken up": (a_world(None, run=a_run(None)), Phase.PENDING),
    "a run that is taken up": (
        a_world(run=a_run(Phase.PENDING, recorded=False), runner=None, cluster=None),
        Phase.STARTING,
    ),
    "children that an index does not show": (a_world(runner=None, cluster=None), Phase.STARTING),
    "a runner that waits for workers": (a_world(progress=a_progress("waiting")), Phase.STARTING),
    "a runner that runs the flow": (a_world(progress=a_progress("running")), Phase.RUNNING),
    "a runner that has run the flow": (
        a_world(progress=a_progress("finished", **STARTED)),
        Phase.RUNNING,
    ),
    "a runner that is finished, and ran nothing": (
        a_world(progress=a_progress("finished")),
        Phase.STARTING,
    ),
    "a flow that runs after the start deadline": (a_world(Phase.RUNNING, now=LATE), Phase.RUNNING),
    "a flow that started unseen before the deadline": (
        a_world(now=LATE, progress=a_progress("running")),
        Phase.RUNNING,
    ),
    "a flow that began and ended between two looks": (
        a_world(runner=a_runner(ended("runner", 0, a_testimony(**STARTED)))),
        Phase.RUNNING,
    ),
    "a flow that began and failed between two looks, on a cluster that is gone": (
        a_world(
            runner=a_runner(ended("runner", 3, SCHEDULER_GONE)), cluster=None, cluster_gone=True
        ),
        Phase.RUNNING,
    ),
    "a runner that is being deleted and may still succeed": (
        a_world(Phase.RUNNING, runner=a_runner(deleted=NOW)),
        Phase.RUNNING,
    ),
    "a scheduler that was restarted before the flow ran": (
        a_world(
            Phase.RUNNING,
            memory=Memory(scheduler=Incarnation("s1", 1)),
            dask_pods=(a_dask_pod("scheduler", running("scheduler", restarts=1)),),
        ),
        Phase.RUNNING,
    ),
    "a scheduler of which nothing was seen before": (
        a_world(Phase.RUNNING, dask_pods=(a_dask_pod(uid="s2"),)),
        Phase.RUNNING,
    ),
    "a sidecar of the scheduler that restarts": (
        a_world(
            Phase.RUNNING,
            memory=KNOWN,
            dask_pods=(a_dask_pod("scheduler", running("scheduler"), running("x", restarts=4)),),
        ),
        Phase.RUNNING,
    ),
    "a worker that cannot be scheduled while the flow runs": (
        a_world(Phase.RUNNING, dask_pods=(a_dask_pod("worker", unschedulable="0/1"),)),
        Phase.RUNNING,
    ),
}


@pytest.mark.parametrize(("world", "expected"), ENDS.values(), ids=ENDS)
def test_what_ends_a_run(world: World, expected: tuple[Phase, Reason | None]) -> None:
    verdict = judge(world)
    assert (verdict.phase, verdict.reason) == expected


@pytest.mark.parametrize(("world", "phase"), GOES_ON.values(), ids=GOES_ON)
def test_what_does_not_end_a_run(world: World, phase: Phase) -> None:
    assert judge(world).phase is phase


@pytest.mark.parametrize(("world", "_"), [*ENDS.values(), *GOES_ON.values()])
@pytest.mark.parametrize("end", [Phase.SUCCEEDED, Phase.FAILED])
def test_a_finished_run_stays_as_it_is_whatever_is_seen(
    world: World, _: object, end: Phase
) -> None:
    run = a_run(end, reason=Reason.TASK_FAILED if end is Phase.FAILED else None)
    assert judge(replace(world, run=run)).phase is end


@pytest.mark.parametrize(
    ("world", "words"),
    [
        (ENDS["a flow that called sys.exit"][0], "exit code 7"),
        (
            a_world(Phase.RUNNING, runner=a_runner(ended("runner", 137))),
            "killed by SIGKILL",
        ),
        (
            a_world(Phase.RUNNING, runner=a_runner(ended("runner", 255))),
            "ended with exit code 255",
        ),
        (
            a_world(Phase.RUNNING, runner=a_runner(ended("runner", 137, reason="OOMKilled"))),
            "OOMKilled",
        ),
        (a_world(runner=a_runner(ended("runner", 1))), "does the image hold flowlib".capitalize()),
        (ENDS["an evicted runner"][0], "Evicted: low on memory"),
        (ENDS["a runner evicted by the API"][0], "EvictionByEvictionAPI: drained"),
        (ENDS["an init container that failed"][0], "Container fetch"),
        (ENDS["a runner whose deletion is a minute overdue"][0], "its node is gone"),
        (ENDS["a spec that asks for what is not allowed"][0], "spec.runner: no"),
        (ENDS["a command that the image does not have"][0], 'exec: "python": not found'),
        (ENDS["a start that something explains, at its deadline"][0], "0/1 nodes are available"),
        (a_world(now=LATE, runner=None), "has not made the scheduler's pod"),
        (a_world(now=LATE, runner=None, dask_pods=(a_dask_pod(),)), "-runner is not there yet"),
        (a_world(now=LATE), "has not made the scheduler's pod"),
        (a_world(now=LATE, dask_pods=(a_dask_pod(ready=False),)), "is not ready"),
        (a_world(now=LATE, dask_pods=(a_dask_pod(),)), "0 of 1 needed workers"),
        (
            a_world(
                now=LATE,
                dask_pods=(
                    a_dask_pod(
                        "scheduler",
                        waiting(
                            "scheduler",
                            "CrashLoopBackOff",
                            restarts=3,
                            last_reason="Error",
                            last_exit_code=1,
                        ),
                        ready=False,
                    ),
                ),
            ),
            "restarted 3 times, the last time Error, exit code 1",
        ),
        (
            a_world(
                now=LATE,
                dask_pods=(a_dask_pod("scheduler", running("scheduler", restarts=2), ready=False),),
            ),
            "restarted 2 times.",
        ),
        (
            a_world(now=LATE, deployments=(a_deployment("Internal error occurred"),)),
            "has not made the scheduler's pod",
        ),
    ],
)
def test_the_message_names_the_evidence(world: World, words: str) -> None:
    assert words in judge(world).message
