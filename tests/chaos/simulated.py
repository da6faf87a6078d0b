"""Nodes that do not exist: kwok plays their kubelets, by the Stages beside this file."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from hack.kind import paths
from tests.e2e.kube import ROOT, Kubectl, cluster_environment, run_tool
from tests.e2e.specs import Spec, merged

STAGES = Path(__file__).parent / "stages"
LABEL = {"flowrun.dev/simulated": "true"}
TAINT = {"key": "flowrun.dev/simulated", "value": "true", "effect": "NoSchedule"}
RUNNERS = {"flowrun.dev/runners": "true"}
MANAGED = {"kwok.x-k8s.io/node": "fake"}
RUNNER, AFTER = "chaos.flowrun.dev/runner", "chaos.flowrun.dev/after"

Ending = Literal["succeeds", "fails", "crashes", "stays"]


def node(number: int) -> Mapping[str, Any]:
    """A node that kwok manages. Without an os label, so that no DaemonSet puts a pod there."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": f"simulated-{number}",
            "labels": LABEL,
            "annotations": MANAGED,
        },
        "spec": {"taints": [TAINT]},
    }


@contextmanager
def simulated_nodes(count: int = 1) -> Iterator[None]:
    """Nodes that are Ready while the block lasts, and gone afterwards."""
    with _nodes(*(node(number) for number in range(count)), managed=MANAGED, log="kwok.log"):
        yield


@contextmanager
def perishable_node() -> Iterator[subprocess.Popen[bytes]]:
    """One more node, with a kwok of its own: when that is killed, the node is gone.

    It has label RUNNERS, which the other nodes have not.
    """
    managed = {"kwok.x-k8s.io/node": "perishable"}
    perishable = node(0)
    metadata = {
        "name": "perishable",
        "labels": RUNNERS,
        "annotations": managed,
    }
    with _nodes({**perishable, "metadata": metadata}, managed=managed, log="kwok-2.log") as kwok:
        yield kwok


@contextmanager
def _nodes(
    *nodes: Mapping[str, Any], managed: Mapping[str, str], log: str
) -> Iterator[subprocess.Popen[bytes]]:
    """These nodes, and the kwok that plays their kubelets."""
    run_tool(sys.executable, "-m", "hack.kind", "kwok", timeout=900)
    kubectl = Kubectl()
    names = [one["metadata"]["name"] for one in nodes]
    command = [
        str(paths.BIN / "kwok"),
        "--kubeconfig", cluster_environment()["KUBECONFIG"],
        "--manage-nodes-with-annotation-selector", _selector(managed),
        "--server-address", "",
        # What is not renewed turns NotReady, and with it all of its pods.
        "--node-lease-duration-seconds", "40",
        *(word for file in sorted(STAGES.glob("*.yaml")) for word in ("--config", str(file))),
    ]  # fmt: skip
    paths.LOGS.mkdir(parents=True, exist_ok=True)
    kubectl("delete", "nodes", *names, "--ignore-not-found", timeout=60)
    with (paths.LOGS / log).open("wb") as said:
        kwok = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
        try:
            kubectl.apply(*nodes)
            kubectl(
                "wait",
                *(f"node/{name}" for name in names),
                "--for=condition=Ready",
                "--timeout=60s",
            )
            yield kwok
        finally:
            # The nodes first: pods that they leave behind are garbage of the node controller.
            kubectl("delete", "nodes", *names, check=False, timeout=60)
            kwok.terminate()
            kwok.wait(timeout=10)


def simulated(*endings: Ending, after: str = "500ms", **more: Any) -> Spec:
    """A spec all of whose pods go to simulated nodes; its runners end so, attempt by attempt."""
    place: Spec = {"nodeSelector": LABEL, "tolerations": [{**TAINT, "operator": "Equal"}]}
    how = {"metadata": {"annotations": {RUNNER: ",".join(endings), AFTER: after}}}
    spec: Spec = {
        "flow": {"entrypoint": "flow.py:flow"},
        "image": "simulated",
        "runner": {"podTemplate": {"spec": place, **how}},
        "cluster": {
            "workers": 1,
            "scheduler": {"podTemplate": {"spec": place}},
            "worker": {"podTemplate": {"spec": place}},
        },
    }
    return merged(spec, more)


def _selector(labels: Mapping[str, str]) -> str:
    return ",".join(f"{key}={value}" for key, value in labels.items())
