"""When the judge may change its mind without any event: the timers of a run."""

from datetime import datetime

from flowrun_operator.api.status import Phase
from flowrun_operator.judge.cleanup import expires_at, finished
from flowrun_operator.judge.losses import OVERDUE
from flowrun_operator.judge.start import start_deadline
from flowrun_operator.observe.world import World


def wake_at(world: World) -> datetime | None:
    """The next moment at which this run wants a turn; None where only events matter."""
    if finished(world):
        return expires_at(world)
    moments: list[datetime | None] = []
    if world.run.status.phase is not Phase.RUNNING:
        moments += [start_deadline(world), world.memory.retry_at]
    if world.runner is not None and world.runner.meta.deletion_timestamp is not None:
        moments.append(world.runner.meta.deletion_timestamp + OVERDUE)
    return min((m for m in moments if m is not None), default=None)
