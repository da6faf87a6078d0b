"""Something that ran is gone: the cluster, the runner's pod, the scheduler's memory."""

from datetime import timedelta

from flowrun_operator.api.reasons import Reason
from flowrun_operator.api.status import Phase
from flowrun_operator.judge.verdict import Verdict
from flowrun_operator.observe.pods import Container, ContainerState, Pod
from flowrun_operator.observe.world import World, incarnation

#: A pod that should have ended so long ago will not be waited for: its node is gone.
OVERDUE = timedelta(seconds=60)
#: The kubelet's word for a container that it can tell nothing about any more.
UNKNOWN_END = "ContainerStatusUnknown"


def cluster_lost(world: World) -> Verdict | None:
    """The DaskCluster is deleted before the run has ended: never by us."""
    attempt = world.attempt
    if attempt is None:
        return None
    deleted = world.cluster is not None and world.cluster.meta.being_deleted
    if not deleted and not world.cluster_gone:
        return None
    message = f"DaskCluster {attempt.cluster_name} was deleted while the run was {_phase(world)}."
    return Verdict(Phase.FAILED, Reason.CLUSTER_LOST, message)


def runner_taken_away(world: World) -> Verdict | None:
    """The runner's pod was deleted, evicted, preempted, or its node shut down.

    A runner that is stopped so says no more than that: it cannot know who stopped it. Its end is
    waited for, since it may still succeed; only its own account of a failure stands.
    """
    pod, container = world.runner, world.runner_container
    if pod is None or not _taken_away(pod, container):
        return None
    testimony = world.testimony
    if testimony is not None and testimony.accuses:
        return None
    if not _has_ended(pod, container) and not runner_overdue(world):
        return None
    return Verdict(Phase.FAILED, Reason.RUNNER_LOST, _how_taken_away(pod))


def runner_overdue(world: World) -> bool:
    """The runner's deletion should long have come to an end."""
    pod = world.runner
    if pod is None or pod.meta.deletion_timestamp is None:
        return False
    return world.now > pod.meta.deletion_timestamp + OVERDUE


def runner_lost(world: World) -> Verdict | None:
    """The runner's pod is gone, and its verdict with it."""
    attempt = world.attempt
    if attempt is None or not world.runner_gone:
        return None
    message = (
        f"Pod {attempt.runner_pod_name} was deleted while the run was {_phase(world)}, "
        "before its verdict was read."
    )
    return Verdict(Phase.FAILED, Reason.RUNNER_LOST, message)


def scheduler_lost(world: World) -> Verdict | None:
    """The scheduler that knew the flow's tasks is gone: a new one knows nothing of them.

    Told from the pod that was seen when the flow ran, not from times: the clocks of a scheduler's
    node, a runner's node and ours need not agree.
    """
    known = world.memory.scheduler
    if known is None or world.run.status.phase is not Phase.RUNNING:
        return None
    if any(incarnation(pod) == known and not pod.meta.being_deleted for pod in world.schedulers):
        return None
    same_pod = next((p for p in world.schedulers if p.meta.uid == known.pod_uid), None)
    if same_pod is None:
        how = "was replaced"
    elif same_pod.meta.being_deleted:
        how = f"{same_pod.meta.name} was deleted"
    else:
        how = f"{same_pod.meta.name} was restarted{_why(same_pod)}"
    message = f"The scheduler's pod {how} while the flow ran; what it knew of the tasks is lost."
    return Verdict(Phase.FAILED, Reason.SCHEDULER_LOST, message)


def _taken_away(pod: Pod, container: Container | None) -> bool:
    return pod.taken_away or (container is not None and container.reason == UNKNOWN_END)


def _has_ended(pod: Pod, container: Container | None) -> bool:
    return pod.ended or (container is not None and container.state is ContainerState.TERMINATED)


def _how_taken_away(pod: Pod) -> str:
    if pod.reason or pod.disruption:
        words = ": ".join(w for w in (pod.reason, pod.message or pod.disruption) if w)
        return f"Pod {pod.meta.name} was taken away: {words}"
    if pod.meta.being_deleted:
        return f"Pod {pod.meta.name} was deleted while its flow ran."
    return f"Pod {pod.meta.name} is gone with its node."


def _why(pod: Pod) -> str:
    reasons = [c.last_reason for c in pod.containers if c.restarts and c.last_reason]
    return f" ({', '.join(reasons)})" if reasons else ""


def _phase(world: World) -> str:
    return (world.run.status.phase or Phase.PENDING).value
