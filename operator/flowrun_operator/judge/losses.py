"""Something that ran is gone: the cluster, the runner's pod, the scheduler's memory."""

from datetime import datetime, timedelta

from flowrun_operator.api.reasons import Reason
from flowrun_operator.api.status import Phase
from flowrun_operator.judge.causes import start_cause
from flowrun_operator.judge.verdict import Cause, Verdict, failed
from flowrun_operator.observe.memory import OomKill
from flowrun_operator.observe.pods import Container, ContainerState, Pod
from flowrun_operator.observe.world import World, incarnation

#: The kubelet's word for a container that it can tell nothing about any more.
UNKNOWN_END = "ContainerStatusUnknown"
#: What the runner tells where a scheduler or worker was killed.
EXPLAINED_BY_MEMORY = frozenset({Reason.WORKERS_LOST, Reason.SCHEDULER_LOST})
#: A kubelet tells of a container's end a second or more after it, on a busy node many.
TOLD_WITHIN = timedelta(seconds=30)
SIGKILLED = 137


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
    if not runner_has_ended(world) and not runner_overdue(world):
        return None
    how = _how_taken_away(pod)
    if not runner_has_ended(world):
        how += " Its deletion is a minute overdue and it is not Ready: its node is gone."
    return Verdict(Phase.FAILED, Reason.RUNNER_LOST, how)


def runner_overdue(world: World) -> bool:
    """The runner's deletion should long have come to an end, and its node is gone."""
    return world.runner is not None and world.runner.gone_with_its_node(world.now)


def runner_has_ended(world: World) -> bool:
    """The flow runs no more, whatever a podTemplate put beside it."""
    pod, container = world.runner, world.runner_container
    if pod is None:
        return world.runner_gone
    return pod.ended or (container is not None and container.state is ContainerState.TERMINATED)


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


def out_of_memory(world: World) -> Verdict | None:
    """The kernel killed a container at its memory limit, which explains what the runner tells."""
    pod, container = world.runner, world.runner_container
    if pod is not None and container is not None and container.oom_killed:
        own = OomKill(pod.meta.name, container.name, container.memory_limit)
        return failed(Cause(Reason.OUT_OF_MEMORY, _over_the_limit(own)))
    testimony, kill = world.testimony, world.oom_kill
    lost = testimony is not None and testimony.reason in EXPLAINED_BY_MEMORY
    if kill is None or not (lost or scheduler_lost(world) is not None):
        return None
    words = f" {testimony.message}" if testimony is not None else ""
    return failed(Cause(Reason.OUT_OF_MEMORY, _over_the_limit(kill) + words))


def not_told_yet(world: World) -> Verdict | None:
    """The runner has ended over what it lost, and no kubelet has told how that ended.

    Dask sees a connection break before the kubelet sees the container's end; and containerd may
    hear that it was memory only after it has told of a mere SIGKILL (containerd#8180).
    """
    moment = told_by(world)
    if moment is None or not moment - TOLD_WITHIN <= world.now < moment:
        return None  # a node's clock that runs ahead must not make anybody wait
    return Verdict(Phase.RUNNING)


def told_by(world: World) -> datetime | None:
    """Until when the word of a kubelet is waited for; None where there is nothing to wait for."""
    container, testimony = world.runner_container, world.testimony
    if testimony is None or testimony.reason not in EXPLAINED_BY_MEMORY:
        return None
    if container is None or container.finished_at is None or testimony.started_at is None:
        return None
    if world.run.status.phase is not Phase.RUNNING or scheduler_lost(world) is not None:
        return None
    since = testimony.started_at.replace(microsecond=0)  # a kubelet's times are in seconds
    if not world.dask_pods or any(_end_is_told(pod, since) for pod in world.dask_pods):
        return None
    return container.finished_at + TOLD_WITHIN


def _end_is_told(pod: Pod, since: datetime) -> bool:
    """It went, or a container of it ended while the flow ran, and not by a mere SIGKILL.

    Of times on two nodes, which need not agree: at worst nobody waits, or all wait to the end.
    """
    return pod.taken_away or any(
        part.last_finished_at is not None
        and part.last_finished_at >= since
        and part.last_exit_code != SIGKILLED
        for part in pod.containers
    )


def workers_lost(world: World) -> Verdict | None:
    """The flow runs, and for the length of a start timeout there has been no worker to run it."""
    moment = workers_given_up_at(world)
    if moment is None or world.now < moment:
        return None
    seconds = world.run.spec.cluster.start_timeout_seconds
    cause = start_cause(world)
    why = cause.message if cause else _where_the_workers_are(world)
    return failed(Cause(Reason.WORKERS_LOST, f"No worker was there for {seconds} s: {why}"))


def workers_given_up_at(world: World) -> datetime | None:
    """When a running flow without any worker fails its run."""
    since = world.memory.no_workers_since
    if since is None or world.run.status.phase is not Phase.RUNNING:
        return None
    return since + timedelta(seconds=world.run.spec.cluster.start_timeout_seconds)


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


def _over_the_limit(kill: OomKill) -> str:
    limit = f" of {kill.memory_limit}" if kill.memory_limit else ", the node's"
    return (
        f"Pod {kill.pod}, container {kill.container}: killed for exceeding its memory limit"
        f"{limit} (OOMKilled)."
    )


def _where_the_workers_are(world: World) -> str:
    if not world.workers:
        return "there is no worker pod any more, and dask-kubernetes does not make it anew."
    crashed = next((c for p in world.workers for c in p.containers if c.last_reason), None)
    how = f", the last time {crashed.last_reason}" if crashed else ""
    return f"{len(world.workers)} worker pods exist, none is registered with the scheduler{how}."


def _taken_away(pod: Pod, container: Container | None) -> bool:
    return pod.taken_away or (container is not None and container.reason == UNKNOWN_END)


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
