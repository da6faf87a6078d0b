"""An attempt that must end before its flow does: cancelled, suspended, or out of time.

Its runner gets SIGTERM and its grace period, so that its log, its counts and its verdict outlive
it. That it is to stop is written first, with the reason, and is never taken back.
"""

from datetime import datetime, timedelta

from flowrun_operator.api.reasons import Reason
from flowrun_operator.api.status import Phase
from flowrun_operator.judge.causes import start_cause
from flowrun_operator.judge.deadline import deadline_passed
from flowrun_operator.judge.losses import runner_has_ended, runner_overdue
from flowrun_operator.judge.verdict import Cause, Verdict, failed
from flowrun_operator.judge.will import why_cancelled
from flowrun_operator.observe.world import World

#: A stopped runner's pod that has not ended so long after its grace period is deleted: its kubelet
#: does not answer.
FORCE_AFTER = timedelta(seconds=30)


def must_stop(world: World) -> Verdict | None:
    """Somebody's will, or the end of the run's time. What has ended by itself is not stopped."""
    if world.attempt is None or world.attempt.stop_time or runner_has_ended(world):
        return None
    phase = world.run.status.phase or Phase.STARTING
    why = why_cancelled(world)
    if why is not None:
        return _stop(phase, Cause(Reason.CANCELLED, why))
    if world.run.spec.suspend:
        return _stop(phase, Cause(Reason.SUSPENDED, "Suspended by spec.suspend."))
    if not deadline_passed(world):
        return None
    words = f"The run had not ended after {world.run.spec.active_deadline_seconds} s"
    if phase is Phase.RUNNING:
        return _stop(phase, Cause(Reason.DEADLINE_EXCEEDED, f"{words}."))
    cause = start_cause(world)
    if cause is not None:
        return failed(Cause(cause.reason, f"{cause.message} ({words[0].lower()}{words[1:]})"))
    return failed(Cause(Reason.DEADLINE_EXCEEDED, f"{words}; its flow had not started."))


def stopped(world: World) -> Verdict | None:
    """The runner that was to stop has ended, or will not be waited for any longer.

    What the runner itself found wrong stands: it would have failed without being stopped.
    """
    attempt = world.attempt
    if attempt is None or attempt.stop_time is None or attempt.reason is None:
        return None
    if not (runner_has_ended(world) or runner_overdue(world) or world.runner is None):
        return Verdict(world.run.status.phase or Phase.STARTING, attempt.reason, _stopping(world))
    testimony = world.testimony
    if testimony is not None and testimony.accuses:
        return None
    cause = Cause(attempt.reason, f"{attempt.message or ''} {_last_words(world)}".strip())
    match attempt.reason:
        case Reason.SUSPENDED:
            return Verdict(Phase.SUSPENDED, None, cause.message, ends=cause)
        case Reason.CANCELLED:
            return Verdict(Phase.CANCELLED, cause.reason, cause.message)
        case _:
            return failed(cause)


def force_at(world: World) -> datetime | None:
    """When a runner that was to stop is deleted, since it has not ended in its grace period."""
    attempt = world.attempt
    asked_at = (attempt.stop_time or attempt.end_time) if attempt is not None else None
    if asked_at is None:
        return None
    return asked_at + timedelta(seconds=world.run.spec.grace_period_seconds) + FORCE_AFTER


def _stop(phase: Phase, cause: Cause) -> Verdict:
    return Verdict(phase, cause.reason, cause.message, stops=cause)


def _stopping(world: World) -> str:
    attempt, seconds = world.attempt, world.run.spec.grace_period_seconds
    words = attempt.message if attempt else ""
    return f"{words} The runner has {seconds} s to end."


def _last_words(world: World) -> str:
    """How the runner took it."""
    testimony = world.testimony
    if testimony is not None and testimony.message:
        return f"The runner: {testimony.message}."
    if world.runner is None:
        return "Its runner's pod is gone."
    if runner_has_ended(world):
        return "Its runner ended without a verdict."
    return f"Pod {world.runner.meta.name} did not end, and is not waited for: its node is gone."
