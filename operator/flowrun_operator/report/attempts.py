"""The rows of ``attempts``: one is added when an attempt begins, and kept as it was at its end."""

from datetime import datetime
from typing import Any

from flowrun_operator.api.flowrun import FlowRun
from flowrun_operator.api.reasons import Reason
from flowrun_operator.api.status import Attempt, Tasks, Usage
from flowrun_operator.judge.retry import keeps_its_cluster
from flowrun_operator.judge.verdict import Cause, Verdict
from flowrun_operator.observe.pods import ContainerState
from flowrun_operator.observe.world import World
from flowrun_operator.perform.performed import Performed
from flowrun_operator.plan.actions import Kind
from flowrun_operator.plan.names import names
from flowrun_operator.report.usage import usage_of

LONGEST_MESSAGE = 4096
#: As many as the API keeps; suspended and resumed for ever, a run forgets its first ones.
MOST_ATTEMPTS = 64


def attempts(world: World, verdict: Verdict, performed: Performed) -> list[Attempt]:
    """All rows after this turn."""
    told = list(world.run.status.attempts)
    if verdict.begins:
        return [*told, _begun(world)][-MOST_ATTEMPTS:]
    if world.attempt is None:
        return told
    if not world.under_way:
        return [*told[:-1], with_post_mortem(world.attempt, performed)]
    return [*told[:-1], world.attempt.model_copy(update=_seen(world, verdict, performed))]


def with_post_mortem(row: Attempt, performed: Performed) -> Attempt:
    """An attempt that has ended changes only by the bundle that is made of it."""
    if performed.post_mortem is None:
        return row
    return row.model_copy(update={"post_mortem": performed.post_mortem})


def start_time(run: FlowRun, verdict: Verdict, now: datetime) -> datetime | None:
    """A resumed run starts anew, as a Job does; a retried one does not."""
    last = run.status.attempts[-1] if run.status.attempts else None
    if verdict.begins and (last is None or last.reason is Reason.SUSPENDED):
        return now
    return run.status.start_time


def tasks_told(world: World) -> Tasks | None:
    """What the runner last told, by its verdict or else by its progress."""
    told = world.testimony or world.memory.progress
    if told is None or told.tasks is None:
        return None
    return Tasks.model_validate(told.tasks.model_dump())


def resumed_told(world: World) -> int | None:
    """How many tasks it took over; None where nothing is kept."""
    if world.run.spec.results is None:
        return None
    told = world.testimony or world.memory.progress
    return told.tasks_resumed if told else 0


def _begun(world: World) -> Attempt:
    last = world.attempt
    number = last.number + 1 if last else 1
    own = names(world.run, number)
    again = last is not None and keeps_its_cluster(world)
    return Attempt(
        number=number,
        start_time=world.now,
        cluster_name=last.cluster_name if last and again else own.cluster,
        cluster_uid=last.cluster_uid if last and again else None,
        runner_pod_name=own.runner_pod,
    )


def _seen(world: World, verdict: Verdict, performed: Performed) -> dict[str, Any]:
    attempt = world.attempt
    assert attempt is not None
    seen: dict[str, Any] = {
        "cluster_uid": attempt.cluster_uid
        or performed.uids.get(Kind.DASK_CLUSTER)
        or (world.cluster.meta.uid if world.cluster else None),
        "runner_pod_uid": attempt.runner_pod_uid
        or performed.uids.get(Kind.POD)
        or (world.runner.meta.uid if world.runner else None),
    }
    if (resumed := resumed_told(world)) is not None:
        seen["tasks_resumed"] = max(resumed, attempt.tasks_resumed or 0)
    if verdict.stops is not None:
        return seen | {"stop_time": world.now, **_why(verdict.stops)}
    if verdict.ends is not None:
        return seen | _ended(world) | _why(verdict.ends)
    if verdict.final:
        why = Cause(verdict.reason, verdict.message) if verdict.reason else None
        return seen | _ended(world) | (_why(why) if why else {"reason": None, "message": None})
    return seen


def _why(cause: Cause) -> dict[str, Any]:
    return {"reason": cause.reason, "message": cause.message[:LONGEST_MESSAGE] or None}


def _ended(world: World) -> dict[str, Any]:
    container = world.runner_container
    ended = container is not None and container.state is ContainerState.TERMINATED
    return {
        "end_time": world.now,
        "exit_code": container.exit_code if container is not None and ended else None,
        "tasks": tasks_told(world) or world.run.status.tasks,
        "usage": usage_of(world, world.now),
    }


def total(rows: list[Attempt], under_way: Usage | None) -> Usage | None:
    """All attempts together: sums, and the highest peak."""
    used = [row.usage for row in rows if row.usage is not None]
    used += [under_way] if under_way is not None else []
    if not used:
        return None
    return Usage(
        worker_seconds=round(sum(u.worker_seconds for u in used), 1),
        cpu_seconds=round(sum(u.cpu_seconds for u in used), 1),
        memory_gibibyte_seconds=round(sum(u.memory_gibibyte_seconds for u in used), 1),
        peak_memory_bytes=max(u.peak_memory_bytes for u in used),
    )
