"""The operator's process, and how to end it as a crash would."""

from tests.e2e.node import kill_container, running_container
from tests.e2e.release import OPERATOR_PODS, Release
from tests.e2e.watch import Object


def kill_operator(release: Release) -> None:
    """SIGKILL to the operator's process; then its pod goes.

    The pod is deleted so that the next operator starts at once, in a new pod, and not after the
    kubelet's back-off. Raises AssertionError where no operator runs that could be killed.
    """
    pods: list[Object] = release.kubectl.json("get", "pods", "-l", OPERATOR_PODS)["items"]
    running = [pod for pod in pods if running_container(pod)]
    assert len(running) == 1, [pod["status"] for pod in pods]
    kill_container(running[0])
    release.kubectl("delete", "pod", running[0]["metadata"]["name"], "--now", "--wait=false")
