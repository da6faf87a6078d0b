"""The operator's process on the node, and how to end it as a crash would."""

import subprocess

from hack.kind import paths
from tests.e2e.release import OPERATOR_PODS, Release
from tests.e2e.watch import Object

RUNTIME_PREFIX = "containerd://"


def kill_operator(release: Release) -> None:
    """SIGKILL to every process of the operator's container; then its pod goes.

    The pod is deleted so that the next operator starts at once, in a new pod, and not after the
    kubelet's back-off. Raises AssertionError where no operator runs that could be killed.
    """
    pods: list[Object] = release.kubectl.json("get", "pods", "-l", OPERATOR_PODS)["items"]
    running = [(pod, container) for pod in pods if (container := _running_container(pod))]
    assert len(running) == 1, [pod["status"] for pod in pods]
    pod, container = running[0]
    pids = _processes(container)
    assert pids, f"container {container} has no process on node {paths.NODE}"
    # A process of the list may end before its own signal comes, with the others: no error.
    _on_node(f"kill -9 {' '.join(pids)} 2>/dev/null; true")
    release.kubectl("delete", "pod", pod["metadata"]["name"], "--now", "--wait=false")


def _processes(container: str) -> list[str]:
    # grep ends with 2 for a process that went away in between: what it printed counts.
    found = _on_node(f"grep -l {container} /proc/[0-9]*/cgroup 2>/dev/null; true")
    return [line.split("/")[2] for line in found.split()]


def _on_node(script: str) -> str:
    # kind's node is a container of this machine.
    command = ["docker", "exec", paths.NODE, "sh", "-c", script]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _running_container(pod: Object) -> str:
    states = pod["status"].get("containerStatuses", [])
    if not states or "running" not in states[0]["state"]:
        return ""
    return str(states[0]["containerID"]).removeprefix(RUNTIME_PREFIX)
