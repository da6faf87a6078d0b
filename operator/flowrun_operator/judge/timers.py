"""When the judge may change its mind without any event: the timers of a run."""

from datetime import datetime

from flowrun_operator.api.status import Phase
from flowrun_operator.judge import between
from flowrun_operator.judge.cleanup import expires_at, finished
from flowrun_operator.judge.deadline import run_deadline
from flowrun_operator.judge.losses import told_by, workers_given_up_at
from flowrun_operator.judge.start import start_deadline, worker_group_overdue_at
from flowrun_operator.judge.stop import force_at
from flowrun_operator.observe.pods import OVERDUE
from flowrun_operator.observe.world import World


def wake_at(world: World) -> datetime | None:
    """The next moment at which this run wants a turn; None where only events matter."""
    if finished(world):
        forced = _later(world, force_at(world)) if world.runners_left else None
        return min((m for m in (expires_at(world), forced) if m is not None), default=None)
    moments: list[datetime | None] = [between.wakes_at(world), *_overdue(world)]
    if not world.under_way:
        moments.append(_later(world, force_at(world)) if world.runners_left else None)
    elif world.attempt is not None and world.attempt.stop_time is not None:
        moments.append(_later(world, force_at(world)))
    else:
        told = _later(world, told_by(world))
        moments += [run_deadline(world), workers_given_up_at(world), told]
        if world.run.status.phase is not Phase.RUNNING:
            moments += [
                start_deadline(world),
                world.memory.retry_at,
                _later(world, worker_group_overdue_at(world)),
            ]
    return min((m for m in moments if m is not None), default=None)


def _overdue(world: World) -> list[datetime | None]:
    """When pods under deletion are not waited for any longer."""
    deleted = (p.meta.deletion_timestamp for p in world.children.pods)
    moments = (_later(world, at + OVERDUE) for at in deleted if at is not None)
    runner = world.runner.meta.deletion_timestamp if world.runner else None
    return [*moments, _later(world, runner + OVERDUE) if runner else None]


def _later(world: World, moment: datetime | None) -> datetime | None:
    """A moment that is over wakes nobody: what it meant is seen in every turn since."""
    return moment if moment is not None and moment > world.now else None
