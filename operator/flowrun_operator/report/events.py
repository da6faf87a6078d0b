"""Events: the story of a run in the order in which it happened, as kubectl describe shows it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from flowrun_operator.api.flowrun import FlowRun
from flowrun_operator.api.status import ConditionType, FlowRunStatus, Phase
from flowrun_operator.report.conditions import find
from flowrun_operator.report.words import counted, duration

#: Kubernetes refuses longer ones.
LONGEST_NOTE = 1024


@dataclass(frozen=True, slots=True)
class Story:
    """One Event, before it has a name and a time."""

    type: Literal["Normal", "Warning"]
    reason: str
    message: str


def stories(run: FlowRun, after: FlowRunStatus) -> tuple[Story, ...]:
    """What happened between run's status and the one just written. Bounded: changes only."""
    before = run.status
    told: list[Story] = []
    if before.phase is None and after.phase is Phase.PENDING:
        told.append(_story("Pending", "The FlowRun is taken up."))
    if after.phase is not before.phase and after.phase is Phase.SUSPENDED:
        told.append(_story("Suspended", after.message or ""))
    if before.phase is Phase.SUSPENDED and after.phase is Phase.PENDING:
        told.append(_story("Resumed", "The FlowRun is taken up again."))
    told += _attempt(before, after)
    if after.phase is not before.phase and after.phase is Phase.STARTING:
        told.append(_story("Starting", _starting(run, after)))
    if after.phase is Phase.STARTING and after.reason and after.reason is not before.reason:
        told.append(_warning(after.reason, after.message or ""))
    if _became(before, after, ConditionType.CLUSTER_READY):
        ready = find(after.conditions, ConditionType.CLUSTER_READY)
        told.append(_story("ClusterReady", ready.message if ready else ""))
    if after.phase is not before.phase and after.phase is Phase.RUNNING:
        told.append(_story("Running", _running(after)))
    if after.phase is not before.phase and after.phase is Phase.SUCCEEDED:
        told.append(_story("Succeeded", _ended(after)))
    if after.phase is not before.phase and after.phase is Phase.FAILED:
        told.append(_warning("Failed", f"{after.reason}: {after.message or ''} {_ended(after)}"))
    if after.phase is not before.phase and after.phase is Phase.CANCELLED:
        told.append(_warning("Cancelled", f"{after.message or ''} {_ended(after)}"))
    if before.scheduler_address and not after.scheduler_address:
        told.append(_story("ClusterDeleted", f"DaskCluster {after.cluster_name} is deleted."))
    return tuple(told)


def _attempt(before: FlowRunStatus, after: FlowRunStatus) -> Iterator[Story]:
    """That the attempt under way is to stop, or has ended while the run goes on."""
    was = before.attempts[-1] if before.attempts else None
    now = next((a for a in after.attempts if was is not None and a.number == was.number), None)
    if was is None or now is None:
        return
    if now.stop_time and not was.stop_time:
        yield _story("Stopping", f"Attempt {now.number}: {now.message or ''}")
    if now.end_time and not was.end_time and after.phase is Phase.PENDING:
        yield _warning("AttemptFailed", f"Attempt {now.number}: {now.reason}: {now.message or ''}")


def _starting(run: FlowRun, after: FlowRunStatus) -> str:
    workers = counted(run.spec.cluster.workers, "worker")
    return (
        f"Attempt {after.attempt}: DaskCluster {after.cluster_name} with {workers}, "
        f"runner pod {after.runner_pod_name}."
    )


def _running(after: FlowRunStatus) -> str:
    total = after.tasks.total if after.tasks else 0
    tasks = f" of {counted(total, 'task')}" if total else ""
    where = f"; dashboard {after.dashboard_url}" if after.dashboard_url else ""
    ready = counted(after.workers.ready if after.workers else 0, "worker")
    return f"The flow{tasks} runs on {ready}{where}."


def _ended(after: FlowRunStatus) -> str:
    if after.start_time is None or after.completion_time is None or after.tasks is None:
        return ""
    took = duration(after.completion_time - after.start_time)
    return f"{after.tasks.succeeded}/{after.tasks.total} tasks succeeded in {took}."


def _became(before: FlowRunStatus, after: FlowRunStatus, kind: ConditionType) -> bool:
    was, now = find(before.conditions, kind), find(after.conditions, kind)
    return now is not None and now.status == "True" and (was is None or was.status != "True")


def _story(reason: str, message: str) -> Story:
    return Story("Normal", reason, message[:LONGEST_NOTE])


def _warning(reason: str, message: str) -> Story:
    return Story("Warning", reason, message.strip()[:LONGEST_NOTE])
