"""What goes when a run has ended: its cluster at once, itself after its time to live."""

from datetime import datetime, timedelta

from flowrun_operator.api.status import FINISHED
from flowrun_operator.observe.world import World


def finished(world: World) -> bool:
    """The finished status is written: only then may anything of the run go."""
    return world.run.status.phase in FINISHED


def cluster_is_released(world: World) -> bool:
    """The cluster's deletion was asked for, as its cleared address tells."""
    return world.run.status.scheduler_address is None


def expires_at(world: World) -> datetime | None:
    """When the FlowRun itself is to be deleted."""
    ttl, end = world.run.spec.ttl_seconds_after_finished, world.run.status.completion_time
    if ttl is None or end is None or not finished(world):
        return None
    return end + timedelta(seconds=ttl)


def expired(world: World) -> bool:
    """The time to live is over."""
    moment = expires_at(world)
    return moment is not None and world.now >= moment
