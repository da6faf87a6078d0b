"""While no attempt is under way: before the first, and from the end of one to the next."""

from datetime import datetime

from flowrun_operator.api.reasons import Reason
from flowrun_operator.api.status import Attempt, Phase
from flowrun_operator.judge.deadline import deadline_passed, run_deadline
from flowrun_operator.judge.retry import keeps_its_cluster, next_attempt_at
from flowrun_operator.judge.verdict import Verdict
from flowrun_operator.judge.will import why_cancelled
from flowrun_operator.observe.world import World


def cancelled_between(world: World) -> Verdict | None:
    """Nothing runs that would have to be stopped first."""
    why = why_cancelled(world)
    if world.under_way or why is None:
        return None
    return Verdict(Phase.CANCELLED, Reason.CANCELLED, why)


def deadline_between(world: World) -> Verdict | None:
    """The run's time is over while it waits for its next attempt."""
    last = world.attempt
    if last is None or world.under_way or world.suspended or not deadline_passed(world):
        return None
    seconds = world.run.spec.active_deadline_seconds
    words = f"The run had not ended after {seconds} s; {_told(last)}"
    return Verdict(Phase.FAILED, Reason.DEADLINE_EXCEEDED, words)


def held_back(world: World) -> Verdict | None:
    """Suspended: nothing of the run exists, or what does is on its way out."""
    if world.under_way or not world.run.spec.suspend:
        return None
    if world.attempt is None:
        words = "Suspended before it began: nothing of it exists."
    else:
        words = f"Suspended; {_told(world.attempt)} A resumed run begins attempt {_next(world)}."
    return Verdict(Phase.SUSPENDED, None, words)


def not_admitted(world: World) -> Verdict | None:
    """Its concurrency group has no place for it now, or never will have."""
    group = world.run.spec.concurrency
    if world.under_way or group is None or world.run.status.admitted:
        return None
    if world.run.status.admitted is False:
        words = f"Group {group.group} was full (limit {group.limit}, policy {group.policy})."
        return Verdict(Phase.CANCELLED, Reason.CANCELLED, words)
    return Verdict(Phase.PENDING, None, _place_in_words(world))


def not_taken_up(world: World) -> Verdict | None:
    """No attempt is decided. Deciding it is a turn of its own: intent before act."""
    return Verdict(Phase.PENDING, begins=True) if world.attempt is None else None


def waits_for_the_next_attempt(world: World) -> Verdict | None:
    """Old and new attempts never overlap, and failures are not repeated in haste."""
    last, moment = world.attempt, next_attempt_at(world)
    if last is None or world.under_way or moment is None:
        return None
    keeps = keeps_its_cluster(world)
    clear = not world.runners_left if keeps else world.released and not world.remains
    if world.now >= moment and clear:
        return Verdict(Phase.PENDING, begins=True)
    reason = None if last.reason is Reason.SUSPENDED else last.reason
    return Verdict(Phase.PENDING, reason, _waiting(world, last, moment))


def wakes_at(world: World) -> datetime | None:
    """When one of these may change its mind without any event."""
    if world.under_way or world.attempt is None or world.suspended:
        return None
    moments = (m for m in (next_attempt_at(world), run_deadline(world)) if m is not None)
    return min((m for m in moments if m > world.now), default=None)


def _waiting(world: World, last: Attempt, moment: datetime) -> str:
    """The same words all the while: a message that changes is a write."""
    when = f"at {moment:%H:%M:%S} UTC" if moment > (last.end_time or moment) else "at once"
    words = f"{_told(last)} Attempt {_next(world)} begins {when}"
    return f"{words}, when nothing of attempt {last.number} runs any more."


def _told(last: Attempt) -> str:
    if last.reason is Reason.SUSPENDED:
        return f"attempt {last.number} was stopped."
    return f"attempt {last.number} failed with {last.reason}: {last.message or ''}".rstrip()


def _next(world: World) -> int:
    return world.attempt.number + 1 if world.attempt else 1


def _place_in_words(world: World) -> str:
    group = world.run.spec.concurrency
    assert group is not None
    where = f"for a place in group {group.group} (limit {group.limit})"
    if world.place is None:
        return f"Waits {where}."
    return f"Waits {where}: number {world.place} in line."
