"""Worlds and what they are made of; a test says only what it is about."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from flowrun_operator.api import FlowRun, Problem
from flowrun_operator.api.status import FINISHED, Attempt, FlowRunStatus, Phase
from flowrun_operator.observe.dask import DaskCluster, Deployment, WorkerGroup
from flowrun_operator.observe.memory import Memory
from flowrun_operator.observe.metadata import Metadata
from flowrun_operator.observe.pods import Container, ContainerState, Pod
from flowrun_operator.observe.progress import Progress
from flowrun_operator.observe.world import World
from flowrun_operator.plan.names import names

NOW = datetime(2026, 11, 22, 5, 1, 0, tzinfo=UTC)
BEGAN = NOW - timedelta(seconds=10)
UID = "3f9c2a1b-0000-4000-8000-000000000001"
CLUSTER_UID = "c0000000-0000-4000-8000-000000000001"
RUNNER_UID = "r0000000-0000-4000-8000-000000000001"
CLUSTER, RUNNER = "diamond-1-3f9c2", "diamond-1-3f9c2-runner"
SCHEDULER, WORKER = f"{CLUSTER}-scheduler-abc", f"{CLUSTER}-default-worker-def"


def a_run(
    phase: Phase | None = Phase.STARTING,
    *,
    spec: dict[str, Any] | None = None,
    recorded: bool = True,
    **status: Any,
) -> FlowRun:
    """A FlowRun with one attempt, unless its phase is None or status says otherwise.

    Its first failure is the last one, unless spec says otherwise.
    """
    cluster = {"workers": 2, "startTimeoutSeconds": 60}
    run = FlowRun.from_json(
        {
            "metadata": {
                "name": "diamond",
                "namespace": "data",
                "uid": UID,
                "resourceVersion": "7",
                "creationTimestamp": "2026-11-22T05:00:50Z",
            },
            "spec": {
                "flow": {"entrypoint": "flows.diamond:flow"},
                "cluster": cluster,
                "backoffLimit": 0,
                **(spec or {}),
            },
        }
    )
    attempted = FlowRunStatus(
        phase=phase,
        attempt=1,
        attempts=[
            Attempt(
                number=1,
                start_time=BEGAN,
                cluster_name=CLUSTER,
                cluster_uid=CLUSTER_UID if recorded else None,
                runner_pod_name=RUNNER,
                runner_pod_uid=RUNNER_UID if recorded else None,
            )
        ],
        start_time=BEGAN,
        completion_time=NOW if phase in FINISHED else None,
        cluster_name=CLUSTER,
        runner_pod_name=RUNNER,
        scheduler_address=names(run, 1).scheduler_address,
        dashboard_url=names(run, 1).dashboard_url,
    )
    before = FlowRunStatus() if phase is None else attempted.model_copy(update=status)
    return run.model_copy(update={"status": before})


def a_meta(name: str, uid: str, **fields: Any) -> Metadata:
    """Of a child that the run controls."""
    fields = {"owner_uid": UID, "created_at": BEGAN} | fields
    return Metadata(namespace="data", name=name, uid=uid, **fields)


def a_container(name: str, state: ContainerState, **fields: Any) -> Container:
    """A container in that state."""
    return Container(name=name, state=state, **fields)


def waiting(name: str, reason: str, message: str = "", **fields: Any) -> Container:
    """A container that does not start, in the kubelet's words."""
    return a_container(name, ContainerState.WAITING, reason=reason, message=message, **fields)


def running(name: str, **fields: Any) -> Container:
    """A container that runs."""
    return a_container(name, ContainerState.RUNNING, **fields)


def ended(name: str, exit_code: int, message: str = "", **fields: Any) -> Container:
    """A container that has ended, with its termination message."""
    fields = {"reason": "Completed" if exit_code == 0 else "Error"} | fields
    return a_container(
        name, ContainerState.TERMINATED, exit_code=exit_code, message=message, **fields
    )


def a_runner(*containers: Container, deleted: datetime | None = None, **fields: Any) -> Pod:
    """The runner's pod; its container runs unless others are given."""
    meta = a_meta(RUNNER, RUNNER_UID, deletion_timestamp=deleted)
    fields = {"phase": "Running", "ip": "10.0.0.9", "node": "node-1"} | fields
    return Pod(meta=meta, containers=containers or (running("runner"),), **fields)


def a_dask_pod(
    component: str = "scheduler",
    *containers: Container,
    uid: str = "s1",
    deleted: datetime | None = None,
    **fields: Any,
) -> Pod:
    """A scheduler or worker pod, Ready unless fields say otherwise."""
    meta = a_meta(
        SCHEDULER if component == "scheduler" else WORKER,
        uid,
        owner_uid="replica-set",
        deletion_timestamp=deleted,
        dask_cluster=CLUSTER,
        dask_component=component,
    )
    fields = {"phase": "Running", "ready": True, "node": "node-1"} | fields
    return Pod(meta=meta, containers=containers or (running(component),), **fields)


def a_cluster(**meta: Any) -> DaskCluster:
    """The attempt's DaskCluster."""
    return DaskCluster(a_meta(CLUSTER, CLUSTER_UID, **meta))


def a_worker_group(**meta: Any) -> WorkerGroup:
    """The attempt's DaskWorkerGroup."""
    fields = {"owner_uid": CLUSTER_UID, "dask_cluster": CLUSTER} | meta
    return WorkerGroup(a_meta(f"{CLUSTER}-default", "g1", **fields))


def a_deployment(replica_failure: str = "", **meta: Any) -> Deployment:
    """The scheduler's Deployment."""
    fields = {"owner_uid": CLUSTER_UID, "dask_cluster": CLUSTER} | meta
    return Deployment(a_meta(f"{CLUSTER}-scheduler", "d1", **fields), replica_failure)


def a_testimony(outcome: str = "Succeeded", **fields: Any) -> str:
    """A termination message."""
    counts = {"total": 3, "pending": 0, "running": 0, "succeeded": 3, "failed": 0, "skipped": 0}
    verdict = {"version": 1, "outcome": outcome, "workers": {"ready": 2}, "tasks": counts}
    return json.dumps(verdict | fields)


def a_progress(stage: str = "running", **fields: Any) -> Progress:
    """What the runner told last."""
    return Progress.model_validate_json(
        json.dumps({"stage": stage, "workers": {"ready": 2}, **fields})
    )


def a_world(
    phase: Phase | None = Phase.STARTING,
    *,
    run: FlowRun | None = None,
    now: datetime = NOW,
    problems: Iterable[Problem] = (),
    memory: Memory | None = None,
    progress: Progress | None = None,
    **children: Any,
) -> World:
    """A run whose cluster and runner are up, unless the test takes something away."""
    children = {"runner": a_runner(), "cluster": a_cluster()} | children
    return World(
        run=run or a_run(phase),
        now=now,
        problems=tuple(problems),
        memory=memory or Memory(progress=progress),
        **children,
    )


def without_a_worker_group(seconds: float = 15, **children: Any) -> World:
    """A starting run whose scheduler has been ready for so long."""
    scheduler = a_dask_pod(ready_since=NOW - timedelta(seconds=seconds))
    return a_world(**{"dask_pods": (scheduler,), **children})
