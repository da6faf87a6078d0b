"""The status that World and Verdict imply: composed anew each turn, written if it differs."""

from datetime import datetime
from typing import Any

from flowrun_operator.api.status import (
    Attempt,
    FailedTask,
    FlowRunStatus,
    Phase,
    Summary,
    Usage,
    Workers,
)
from flowrun_operator.judge import cleanup
from flowrun_operator.judge.verdict import Verdict
from flowrun_operator.observe.world import World
from flowrun_operator.perform.performed import Performed
from flowrun_operator.plan.names import names
from flowrun_operator.report.attempts import (
    LONGEST_MESSAGE,
    attempts,
    start_time,
    tasks_told,
    total,
    with_post_mortem,
)
from flowrun_operator.report.conditions import STARTING, conditions
from flowrun_operator.report.usage import usage_of
from flowrun_operator.report.words import duration

#: Of a run whose cluster is gone.
NOWHERE: dict[str, Any] = {"scheduler_address": None, "dashboard_url": None}


def compose(world: World, verdict: Verdict, performed: Performed) -> FlowRunStatus:
    """The whole status after this turn. A run that has ended changes only as its cluster goes."""
    before = world.run.status
    if cleanup.finished(world):
        return _after_the_end(world, verdict, performed)
    rows = attempts(world, verdict, performed)
    after: dict[str, Any] = {
        "phase": verdict.phase,
        "conditions": conditions(world, verdict, released=False),
        "observed_generation": world.run.metadata.generation,
        "reason": verdict.reason,
        "message": verdict.message[:LONGEST_MESSAGE] or None,
        "start_time": start_time(world.run, verdict, world.now),
        "attempt": rows[-1].number if rows else None,
        "attempts": rows,
        "completion_time": world.now if verdict.final else None,
        # A suspended run gives up its place, and stands in line again when it is resumed.
        "admitted": None if verdict.phase is Phase.SUSPENDED else before.admitted,
        **_where(world, verdict, rows[-1] if rows else None, performed),
        **_counts(world, verdict),
        "results_url": _results_url(world, verdict, rows),
        "usage": _usage(world, verdict, rows),
    }
    status = before.model_copy(update=after)
    return status.model_copy(update={"summary": _summary(world, status)})


def differs(before: FlowRunStatus, after: FlowRunStatus) -> bool:
    """There is something to write: a clock that went on is not enough."""
    return _without_clock(before) != _without_clock(after)


def differs_in_progress_only(before: FlowRunStatus, after: FlowRunStatus) -> bool:
    """Nothing but counts and what the start waits for has changed: such a write can wait."""
    return _without_progress(before) == _without_progress(after)


def _without_progress(status: FlowRunStatus) -> FlowRunStatus:
    counts: dict[str, Any] = {
        "tasks": None,
        "workers": None,
        "summary": None,
        "failed_tasks": [],
        "usage": None,
        "attempts": [row.model_copy(update={"tasks_resumed": None}) for row in status.attempts],
        "conditions": [
            c.model_copy(update={"message": ""}) if c.reason == STARTING else c
            for c in status.conditions
        ],
    }
    return status.model_copy(update=counts)


def _without_clock(status: FlowRunStatus) -> FlowRunStatus:
    summary = status.summary and status.summary.model_copy(update={"duration": ""})
    return status.model_copy(update={"summary": summary, "usage": None})


def _after_the_end(world: World, verdict: Verdict, performed: Performed) -> FlowRunStatus:
    after: dict[str, Any] = {
        "conditions": conditions(world, verdict, released=performed.released),
    }
    if performed.released:
        after |= NOWHERE
    if world.attempt is not None:
        rows = world.run.status.attempts
        after["attempts"] = [*rows[:-1], with_post_mortem(rows[-1], performed)]
    return world.run.status.model_copy(update=after)


def _where(
    world: World, verdict: Verdict, row: Attempt | None, performed: Performed
) -> dict[str, Any]:
    """Where people look. The addresses stand from the first create to the cluster's deletion."""
    if row is None:
        return {}
    told: dict[str, Any] = {
        "cluster_name": row.cluster_name,
        "runner_pod_name": row.runner_pod_name,
    }
    if performed.released:
        return told | NOWHERE
    if verdict.phase in (Phase.STARTING, Phase.RUNNING):
        called = names(world.run, row.number, row.cluster_name)
        told["scheduler_address"] = called.scheduler_address
        told["dashboard_url"] = called.dashboard_url
    return told


def _counts(world: World, verdict: Verdict) -> dict[str, Any]:
    """What the runner last told, by its verdict or else by its progress."""
    desired = world.run.spec.cluster.workers
    nothing = Workers(desired=desired, ready=0)
    if verdict.begins:
        return {"workers": nothing, "tasks": None, "failed_tasks": [], "result": None}
    told = world.testimony or world.memory.progress if world.under_way else None
    if told is None:
        return {"workers": world.run.status.workers or nothing}
    counts: dict[str, Any] = {
        "workers": Workers(desired=desired, ready=told.workers.ready),
        "failed_tasks": [FailedTask(name=t.name, message=t.message) for t in told.failed_tasks],
    }
    if told.tasks is not None:
        counts["tasks"] = tasks_told(world)
    if world.testimony is not None:
        counts["result"] = world.testimony.result
    return counts


def _results_url(world: World, verdict: Verdict, rows: list[Attempt]) -> str | None:
    """From the first attempt on; a runner that succeeded has removed what it was not to keep."""
    results = world.run.spec.results
    if results is None or not rows:
        return None
    if verdict.phase is Phase.SUCCEEDED and not results.keep:
        return None
    return names(world.run, rows[-1].number).results_url


def _usage(world: World, verdict: Verdict, rows: list[Attempt]) -> Usage | None:
    """Grows with the counts: its clock alone is no reason for a write."""
    under_way = None
    if world.under_way and not verdict.final and verdict.ends is None:
        under_way = usage_of(world, world.now)
    return total(rows, under_way)


def _summary(world: World, status: FlowRunStatus) -> Summary:
    workers, tasks = status.workers, status.tasks
    return Summary(
        workers=f"{workers.ready}/{workers.desired}" if workers else "-",
        tasks=f"{tasks.succeeded}/{tasks.total}" if tasks else "-",
        duration=_duration(status.start_time, status.completion_time or world.now),
    )


def _duration(start: datetime | None, end: datetime) -> str:
    return duration(end - start) if start else "-"
