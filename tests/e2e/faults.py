"""What happens to a run from outside, while it runs."""

import json

from tests.e2e.node import kill_container
from tests.e2e.runs import Run, status


def delete_runner(run: Run) -> None:
    """Somebody deletes the runner pod."""
    run.kubectl("delete", "pod", _status(run)["runnerPodName"], "--wait=false")


def kill_runner(run: Run) -> None:
    """SIGKILL, as the kernel sends it when a node is out of memory."""
    kill_container(run.kubectl.json("get", "pod", _status(run)["runnerPodName"]))


def evict_runner(run: Run) -> None:
    """A node is drained: the eviction API, as kubectl drain calls it."""
    pod = _status(run)["runnerPodName"]
    eviction = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": pod, "namespace": run.namespace},
    }
    path = f"/api/v1/namespaces/{run.namespace}/pods/{pod}/eviction"
    run.kubectl("create", "--raw", path, "-f", "-", input=json.dumps(eviction))


def delete_scheduler(run: Run) -> None:
    """The scheduler's pod goes; its Deployment makes another, which knows nothing of this run."""
    run.kubectl("delete", "pod", "--wait=false", "-l", "dask.org/component=scheduler")


def delete_cluster(run: Run) -> None:
    """Somebody deletes the DaskCluster."""
    run.kubectl("delete", "daskcluster", _status(run)["clusterName"], "--wait=false")


def _status(run: Run) -> dict[str, str]:
    return status(run.history[-1])
