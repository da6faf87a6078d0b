"""kind's node, which is a container of this machine: to kill a process as a crash would."""

import io
import subprocess
import tarfile

from hack.kind import paths
from tests.e2e.watch import Object

RUNTIME_PREFIX = "containerd://"


def kill_container(pod: Object) -> None:
    """SIGKILL, from the node, to every process of the pod's first container.

    From inside a container its first process cannot be killed so: Linux spares it.
    """
    container = running_container(pod)
    assert container, f"no container of {pod['metadata']['name']} runs: {pod['status']}"
    # grep ends with 2 for a process that went away in between: what it printed counts.
    found = _on_node(f"grep -l {container} /proc/[0-9]*/cgroup 2>/dev/null; true")
    pids = [line.split("/")[2] for line in found.split()]
    assert pids, f"container {container} has no process on node {paths.NODE}"
    # A process of the list may end with the others, before its own signal comes: no error.
    _on_node(f"kill -9 {' '.join(pids)} 2>/dev/null; true")


def running_container(pod: Object) -> str:
    """The runtime's id of the pod's first container; "" where it does not run."""
    states = pod["status"].get("containerStatuses", [])
    if not states or "running" not in states[0]["state"]:
        return ""
    return str(states[0]["containerID"]).removeprefix(RUNTIME_PREFIX)


def _on_node(script: str) -> str:
    command = ["docker", "exec", paths.NODE, "sh", "-c", script]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def make_folder(path: str) -> None:
    """On the node's disk, for whoever mounts it."""
    _on_node(f"mkdir -p -m 0777 {path}")


def remove_folder(path: str) -> None:
    """With all that is in it."""
    _on_node(f"rm -rf {path}")


def files_below(path: str) -> dict[str, bytes]:
    """The files of a folder on the node, by their paths below it."""
    command = ["docker", "exec", paths.NODE, "tar", "-C", path, "-c", "."]
    done = subprocess.run(command, capture_output=True, check=False)
    # 1: a file went or changed while it was read, as they may in a folder that is in use.
    assert done.returncode in {0, 1}, done.stderr.decode()
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        found = ((entry, archive.extractfile(entry)) for entry in archive if entry.isfile())
        return {entry.name.removeprefix("./"): file.read() for entry, file in found if file}


def cut_off(path: str) -> None:
    """Takes the last byte of a file away."""
    _on_node(f"truncate -s -1 {path}")
