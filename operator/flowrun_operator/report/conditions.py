"""Conditions: what holds, and since when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from flowrun_operator.api.reasons import START_CAUSES, Reason
from flowrun_operator.api.status import Condition, ConditionType, Phase
from flowrun_operator.judge import cleanup
from flowrun_operator.judge.start import what_is_awaited
from flowrun_operator.judge.verdict import Verdict
from flowrun_operator.observe.world import World

LONGEST_MESSAGE = 4096
SUCCESS = "The flow succeeded."
#: Reason of a condition whose message says what the start waits for.
STARTING = "Starting"


@dataclass(frozen=True, slots=True)
class Fact:
    """A condition without its history."""

    holds: bool
    reason: str
    message: str
    since: datetime | None = None  # where that is known better than "when it was seen"


def conditions(world: World, verdict: Verdict, *, released: bool) -> list[Condition]:
    """All conditions of the run; one that nothing new is known of stays as it is."""
    facts = {
        ConditionType.VALID: _valid(world, verdict),
        ConditionType.CLUSTER_READY: _cluster_ready(world, verdict, released=released),
        ConditionType.RUNNING: _running(world, verdict),
        ConditionType.SUSPENDED: _suspended(world, verdict),
        ConditionType.COMPLETE: _complete(world, verdict),
        ConditionType.FAILED: _failed(world, verdict),
        ConditionType.FINISHED: _finished(world, verdict),
    }
    told = []
    for kind, fact in facts.items():
        before = find(world.run.status.conditions, kind)
        condition = _condition(world, kind, before, fact) if fact else before
        if condition is not None:
            told.append(condition)
    return told


def find(told: Iterable[Condition], kind: ConditionType) -> Condition | None:
    """The condition of that type."""
    return next((c for c in told if c.type is kind), None)


def flow_started_at(world: World) -> datetime:
    """When the first task started: the runner's word, within what our clock allows."""
    progress, testimony = world.memory.progress, world.testimony
    told = (testimony and testimony.started_at) or (progress and progress.started_at) or world.now
    earliest = world.attempt.start_time if world.attempt else world.now
    return min(max(told, earliest), world.now).replace(microsecond=0)


def _valid(world: World, verdict: Verdict) -> Fact | None:
    if verdict.reason is Reason.INVALID_SPEC:
        return Fact(False, verdict.reason, verdict.message)
    return Fact(True, "Valid", "The spec is admissible.") if world.attempt is None else None


def _cluster_ready(world: World, verdict: Verdict, *, released: bool) -> Fact | None:
    before = find(world.run.status.conditions, ConditionType.CLUSTER_READY)
    was_ready = before is not None and before.status == "True"
    if verdict.phase is Phase.STARTING and verdict.reason is not None:
        return Fact(False, verdict.reason, verdict.message)
    if verdict.phase is Phase.RUNNING or (verdict.phase is Phase.STARTING and _gate_is_open(world)):
        return None if was_ready else Fact(True, "ClusterReady", _workers_in_words(world))
    if verdict.phase is Phase.STARTING:
        awaited = what_is_awaited(world)
        return Fact(False, STARTING, f"{awaited[0].upper()}{awaited[1:]}.")
    gone = released or not (world.under_way or verdict.final)
    if gone and before is not None and before.reason not in START_CAUSES:
        return Fact(False, "ClusterDeleted", "The attempt has ended.")
    if was_ready and cleanup.finished(world) and cleanup.keeps_cluster(world):
        return Fact(True, "ClusterKept", cleanup.kept_until(world))
    if verdict.reason in START_CAUSES and not was_ready and not released:
        return Fact(False, verdict.reason or "", verdict.message)
    return None


def _running(world: World, verdict: Verdict) -> Fact | None:
    if verdict.phase is Phase.RUNNING:
        if world.run.status.phase is Phase.RUNNING:
            return None
        return Fact(True, "FlowStarted", "The flow runs.", since=flow_started_at(world))
    if verdict.phase is Phase.STARTING:
        return Fact(False, STARTING, "The flow has not started.")
    if _ends(world, verdict) and world.attempt is not None:
        return Fact(False, verdict.phase, "The run has ended.")
    if verdict.ends is not None:
        return Fact(False, verdict.ends.reason, verdict.ends.message)
    return None


def _suspended(world: World, verdict: Verdict) -> Fact | None:
    before = find(world.run.status.conditions, ConditionType.SUSPENDED)
    if verdict.phase is Phase.SUSPENDED:
        return Fact(True, "Suspended", verdict.message)
    if before is not None and before.status == "True":
        return Fact(False, "Resumed" if not verdict.final else verdict.phase, "Not held back.")
    return None


def _complete(world: World, verdict: Verdict) -> Fact | None:
    if verdict.phase is Phase.SUCCEEDED and _ends(world, verdict):
        return Fact(True, "Succeeded", SUCCESS)
    return None


def _failed(world: World, verdict: Verdict) -> Fact | None:
    if verdict.phase is Phase.FAILED and _ends(world, verdict):
        return Fact(True, verdict.reason or "", verdict.message)
    return None


def _finished(world: World, verdict: Verdict) -> Fact | None:
    if not _ends(world, verdict):
        return None
    return Fact(True, verdict.reason or verdict.phase, verdict.message or SUCCESS)


def _ends(world: World, verdict: Verdict) -> bool:
    """This turn ends the run; later turns find it ended."""
    return verdict.final and world.run.status.phase is not verdict.phase


def _gate_is_open(world: World) -> bool:
    return world.scheduler_ready and world.workers_ready >= world.min_ready_workers


def _workers_in_words(world: World) -> str:
    desired = world.run.spec.cluster.workers
    return f"The scheduler and {world.workers_ready} of {desired} workers are ready."


def _condition(
    world: World, kind: ConditionType, before: Condition | None, fact: Fact
) -> Condition:
    status = "True" if fact.holds else "False"
    unchanged = before is not None and before.status == status
    return Condition(
        type=kind,
        status="True" if fact.holds else "False",
        reason=fact.reason,
        message=fact.message[:LONGEST_MESSAGE],
        last_transition_time=(
            before.last_transition_time
            if before is not None and unchanged
            else fact.since or world.now
        ),
        observed_generation=world.run.metadata.generation,
    )
