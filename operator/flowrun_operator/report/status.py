"""The status that World and Verdict imply: composed anew each turn, written if it differs."""

from datetime import datetime
from typing import Any

from flowrun_operator.api.status import (
    Attempt,
    FailedTask,
    FlowRunStatus,
    Phase,
    Summary,
    Tasks,
    Workers,
)
from flowrun_operator.judge import cleanup
from flowrun_operator.judge.verdict import Verdict
from flowrun_operator.observe.world import World
from flowrun_operator.perform.performed import Performed
from flowrun_operator.plan.actions import Kind
from flowrun_operator.plan.names import names
from flowrun_operator.report.conditions import conditions
from flowrun_operator.report.words import duration

LONGEST_MESSAGE = 4096


def compose(world: World, verdict: Verdict, performed: Performed) -> FlowRunStatus:
    """The whole status after this turn. A run that has ended changes only as its cluster goes."""
    before = world.run.status
    if cleanup.finished(world):
        return _released(world, verdict) if performed.released else before
    number = _attempt_number(world, verdict)
    after: dict[str, Any] = {
        "phase": verdict.phase,
        "conditions": conditions(world, verdict, released=False),
        "observed_generation": world.run.metadata.generation,
        "reason": verdict.reason,
        "message": verdict.message[:LONGEST_MESSAGE] or None,
        "start_time": before.start_time or world.now,
        "attempt": number,
        "attempts": _attempts(world, verdict, performed, number),
        "completion_time": world.now if verdict.final else None,
        **_names(world, verdict, number),
        **_counts(world),
    }
    status = before.model_copy(update=after)
    return status.model_copy(update={"summary": _summary(world, status)})


def differs(before: FlowRunStatus, after: FlowRunStatus) -> bool:
    """There is something to write: a clock that went on is not enough."""
    return _without_clock(before) != _without_clock(after)


def differs_in_progress_only(before: FlowRunStatus, after: FlowRunStatus) -> bool:
    """Nothing but counts has changed: such a write can wait a moment."""
    counts: dict[str, Any] = {"tasks": None, "workers": None, "summary": None, "failed_tasks": []}
    return before.model_copy(update=counts) == after.model_copy(update=counts)


def _without_clock(status: FlowRunStatus) -> FlowRunStatus:
    if status.summary is None:
        return status
    summary = status.summary.model_copy(update={"duration": ""})
    return status.model_copy(update={"summary": summary})


def _released(world: World, verdict: Verdict) -> FlowRunStatus:
    return world.run.status.model_copy(
        update={
            "conditions": conditions(world, verdict, released=True),
            "dashboard_url": None,
            "scheduler_address": None,
        }
    )


def _attempt_number(world: World, verdict: Verdict) -> int | None:
    if world.attempt is not None:
        return world.attempt.number
    return 1 if verdict.phase is Phase.PENDING else None


def _attempts(
    world: World, verdict: Verdict, performed: Performed, number: int | None
) -> list[Attempt]:
    if number is None:
        return []
    if world.attempt is None:
        of_attempt = names(world.run, number)
        decided = Attempt(
            number=number,
            start_time=world.now,
            cluster_name=of_attempt.cluster,
            runner_pod_name=of_attempt.runner_pod,
        )
        return [*world.run.status.attempts, decided]
    seen: dict[str, Any] = {
        "cluster_uid": world.attempt.cluster_uid
        or performed.uids.get(Kind.DASK_CLUSTER)
        or (world.cluster.meta.uid if world.cluster else None),
        "runner_pod_uid": world.attempt.runner_pod_uid
        or performed.uids.get(Kind.POD)
        or (world.runner.meta.uid if world.runner else None),
    }
    if verdict.final:
        container = world.runner_container
        seen |= {
            "end_time": world.now,
            "exit_code": container.exit_code if container else None,
            "reason": verdict.reason,
            "message": verdict.message[:LONGEST_MESSAGE] or None,
        }
    return [*world.run.status.attempts[:-1], world.attempt.model_copy(update=seen)]


def _names(world: World, verdict: Verdict, number: int | None) -> dict[str, str | None]:
    """Where people look. The addresses stand from the first create to the cluster's deletion."""
    if number is None:
        return {}
    of_attempt = names(world.run, number)
    told: dict[str, str | None] = {
        "cluster_name": of_attempt.cluster,
        "runner_pod_name": of_attempt.runner_pod,
    }
    if verdict.phase is not Phase.PENDING:
        told["scheduler_address"] = of_attempt.scheduler_address
        told["dashboard_url"] = of_attempt.dashboard_url
    return told


def _counts(world: World) -> dict[str, Any]:
    """What the runner last told, by its verdict or else by its progress."""
    desired = world.run.spec.cluster.workers
    told = world.testimony or world.memory.progress
    if told is None:
        return {"workers": world.run.status.workers or Workers(desired=desired, ready=0)}
    counts: dict[str, Any] = {
        "workers": Workers(desired=desired, ready=told.workers.ready),
        "failed_tasks": [FailedTask(name=t.name, message=t.message) for t in told.failed_tasks],
    }
    if told.tasks is not None:
        counts["tasks"] = Tasks.model_validate(told.tasks.model_dump())
    if world.testimony is not None:
        counts["result"] = world.testimony.result
    return counts


def _summary(world: World, status: FlowRunStatus) -> Summary:
    workers, tasks = status.workers, status.tasks
    return Summary(
        workers=f"{workers.ready}/{workers.desired}" if workers else "-",
        tasks=f"{tasks.succeeded}/{tasks.total}" if tasks else "-",
        duration=_duration(status.start_time, status.completion_time or world.now),
    )


def _duration(start: datetime | None, end: datetime) -> str:
    return duration(end - start) if start else "-"
