"""What goes when a run has ended: its cluster by its policy, itself after its time to live."""

from datetime import datetime, timedelta

from flowrun_operator.api.status import FINISHED, Phase
from flowrun_operator.observe.world import World


def finished(world: World) -> bool:
    """The finished status is written: only then may anything of the run go."""
    return world.run.status.phase in FINISHED


def keeps_cluster(world: World) -> bool:
    """Its cleanupPolicy keeps the cluster of a run that has ended, at most as long as the run."""
    if expired(world) or world.released:
        return False
    match world.run.spec.cleanup_policy:
        case "Never":
            return True
        case "OnSuccess":
            return world.run.status.phase is not Phase.SUCCEEDED
        case _:
            return False


def kept_until(world: World) -> str:
    """In words, for a cluster that is kept."""
    moment = expires_at(world)
    policy = f"cleanupPolicy {world.run.spec.cleanup_policy}"
    if moment is None:
        return f"The cluster is kept by {policy} until the FlowRun is deleted."
    return f"The cluster is kept by {policy} until {moment:%Y-%m-%d %H:%M:%S} UTC."


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
