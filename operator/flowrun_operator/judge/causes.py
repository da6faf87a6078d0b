"""What keeps a pod from starting, from the words of those who refuse it.

Every one of these may heal, so none of them ends a run before the start deadline.
"""

from collections.abc import Callable, Iterable

from flowrun_operator.api.reasons import Reason
from flowrun_operator.judge.refusals import refusal_reason
from flowrun_operator.judge.verdict import Cause
from flowrun_operator.observe.dask import DaskCluster, WorkerGroup
from flowrun_operator.observe.memory import Refusal
from flowrun_operator.observe.pods import Container, ContainerState, Pod
from flowrun_operator.observe.world import Children, World

IMAGE_PULL = frozenset(
    {
        "ErrImagePull",
        "ImagePullBackOff",
        "InvalidImageName",
        "ErrImageNeverPull",
        "ImageInspectError",
        "RegistryUnavailable",
        "SignatureValidationFailed",
    }
)
CONTAINER_CONFIG = frozenset(
    {
        "CreateContainerConfigError",
        "CreateContainerError",
        "RunContainerError",
        "PreCreateHookError",
        "PreStartHookError",
        "PostStartHookError",
    }
)
#: Ends of a container whose command could not be executed.
NO_COMMAND = frozenset({"StartError", "ContainerCannotRun"})
BACK_OFF = "Back-off"


def start_cause(world: World) -> Cause | None:
    """The first cause there is: refused children, then the runner, then Dask's pods.

    The kubelet alternates between the error and "Back-off ..." of the same error; the words that
    tell more are kept while the reason stays the same.
    """
    cause = next((c for find in _SOURCES for c in find(world)), None)
    status = world.run.status
    if (
        cause is not None
        and cause.reason is status.reason
        and cause.message.partition(": ")[2].startswith(BACK_OFF)
        and status.message
    ):
        return Cause(cause.reason, status.message)
    return cause


def _refused_children(world: World) -> Iterable[Cause]:
    for refusal in world.memory.refusals:
        if not _is_there(world.children, refusal):
            words = f"{refusal.kind} {refusal.name}: {refusal.message}"
            yield Cause(refusal.reason, words)


def _is_there(children: Children, refusal: Refusal) -> bool:
    """Somebody else has made it since: dask-kubernetes a workers' group, late."""
    of_kind: dict[str, tuple[Pod | DaskCluster | WorkerGroup, ...]] = {
        "Pod": children.pods,
        "DaskCluster": children.clusters,
        "DaskWorkerGroup": children.worker_groups,
    }
    return any(child.meta.name == refusal.name for child in of_kind.get(refusal.kind, ()))


def _pods(world: World) -> Iterable[Cause]:
    runner = (world.runner,) if world.runner else ()
    for pod in (*runner, *world.schedulers, *world.workers):
        cause = _pod_cause(pod, world.memory.mount_failures.get(pod.meta.uid, ""))
        if cause is not None:
            yield cause


def _deployments(world: World) -> Iterable[Cause]:
    for deployment in world.deployments:
        reason = refusal_reason(deployment.replica_failure)
        if reason is not None:
            yield Cause(reason, f"Deployment {deployment.meta.name}: {deployment.replica_failure}")


_SOURCES: tuple[Callable[[World], Iterable[Cause]], ...] = (_refused_children, _pods, _deployments)


def _pod_cause(pod: Pod, mount_failure: str) -> Cause | None:
    if pod.meta.being_deleted or pod.ended:
        return None
    if pod.unschedulable:
        return Cause(Reason.UNSCHEDULABLE, f"Pod {pod.meta.name}: {pod.unschedulable}")
    for container in pod.containers:
        reason, words = _container_cause(container)
        if reason is not None:
            return Cause(reason, f"Pod {pod.meta.name}, container {container.name}: {words}")
    if mount_failure and not pod.ever_started:
        return Cause(Reason.CONTAINER_CONFIG, f"Pod {pod.meta.name}: {mount_failure}")
    return None


def _container_cause(container: Container) -> tuple[Reason | None, str]:
    words = container.message or container.reason
    if container.state is ContainerState.WAITING and container.reason in IMAGE_PULL:
        return Reason.IMAGE_PULL, words
    if container.state is ContainerState.WAITING and container.reason in CONTAINER_CONFIG:
        return Reason.CONTAINER_CONFIG, words
    if container.state is not ContainerState.RUNNING and container.last_reason in NO_COMMAND:
        return Reason.CONTAINER_CONFIG, container.last_message or container.last_reason
    return None, ""
