"""Whether another attempt follows a failed one, when, and on which cluster."""

import hashlib
from datetime import datetime, timedelta

from flowrun_operator.api.reasons import CHOSEN, RETRIED, Reason
from flowrun_operator.api.status import Attempt, Phase
from flowrun_operator.judge.deadline import deadline_passed
from flowrun_operator.judge.verdict import Cause, Verdict
from flowrun_operator.judge.will import why_cancelled
from flowrun_operator.observe.world import World

LONGEST_BACKOFF = 600.0
#: The wait before an attempt is longer by up to this share, so that runs that failed together, as
#: they do with a node, do not all come back together.
JITTER = 0.25
#: A loss of the cluster itself: there is none that could be used again.
CLUSTER_GONE = frozenset({Reason.CLUSTER_LOST, Reason.SCHEDULER_LOST, Reason.CLUSTER_START_TIMEOUT})


def or_another_attempt(world: World, verdict: Verdict) -> Verdict:
    """A failure of the attempt under way becomes one of the run, unless another attempt follows."""
    reason, attempt = verdict.reason, world.attempt
    if verdict.phase is not Phase.FAILED or reason is None or attempt is None:
        return verdict
    if not world.under_way or reason in CHOSEN:
        return verdict
    cause = Cause(reason, verdict.message)
    if attempt.stop_time is not None and attempt.reason is Reason.CANCELLED:
        return Verdict(Phase.CANCELLED, Reason.CANCELLED, why_cancelled(world) or "")
    if deadline_passed(world) or not _is_retried(world, reason):
        return verdict
    if failures(world) >= world.run.spec.backoff_limit:
        return _given_up(world, verdict)
    return Verdict(Phase.PENDING, reason, verdict.message, ends=cause)


def failures(world: World) -> int:
    """Attempts that failed before the one under way; a suspended one did not."""
    ended = (a for a in world.run.status.attempts if not a.under_way)
    return sum(a.reason is not Reason.SUSPENDED for a in ended)


def next_attempt_at(world: World) -> datetime | None:
    """When the next attempt may begin; None while one is under way, or before the first."""
    last = world.attempt
    if last is None or last.end_time is None:
        return None
    if last.reason is Reason.SUSPENDED:
        return last.end_time
    return last.end_time + timedelta(seconds=round(backoff_seconds(world, failures(world))))


def backoff_seconds(world: World, failed: int) -> float:
    """Doubling; the same for the same run and number, whoever asks and when."""
    base = min(LONGEST_BACKOFF, world.run.spec.backoff_seconds * 2.0 ** (failed - 1))
    digest = hashlib.sha256(f"{world.run.metadata.uid}/{failed}".encode()).digest()
    return base * (1 + JITTER * digest[0] / 256)


def keeps_its_cluster(world: World) -> bool:
    """The next attempt is to run on the cluster of the one that has ended."""
    last = world.attempt
    return last is not None and not last.under_way and _may_be_used_again(world, last)


def _may_be_used_again(world: World, last: Attempt) -> bool:
    if last.reason is None or last.reason in CLUSTER_GONE:
        return False
    rule = world.run.spec.rule_for(last.reason)
    wanted = rule is not None and rule.action == "Retry" and rule.cluster == "Reuse"
    there = world.cluster is not None and not world.cluster.meta.being_deleted
    return wanted and there and world.scheduler_ready


def _is_retried(world: World, reason: Reason) -> bool:
    rule = world.run.spec.rule_for(reason)
    return rule.action == "Retry" if rule is not None else reason in RETRIED


def _given_up(world: World, verdict: Verdict) -> Verdict:
    number = world.attempt.number if world.attempt else 1
    if world.run.spec.backoff_limit == 0:
        return verdict
    words = f"{verdict.message} (attempt {number}, the last one: backoffLimit is reached)"
    return Verdict(verdict.phase, verdict.reason, words)
