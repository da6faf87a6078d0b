"""activeDeadlineSeconds: the time that a run has in all, as in batch/v1 Job."""

from datetime import datetime, timedelta

from flowrun_operator.observe.world import World


def run_deadline(world: World) -> datetime | None:
    """When the run fails, whatever it does; a resumed run has a new start time."""
    seconds, start = world.run.spec.active_deadline_seconds, world.run.status.start_time
    if seconds is None or start is None:
        return None
    return start + timedelta(seconds=seconds)


def deadline_passed(world: World) -> bool:
    """The run's time is over."""
    moment = run_deadline(world)
    return moment is not None and world.now >= moment
