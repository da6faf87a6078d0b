"""A node goes with a runner on it: its kubelet never tells that the pod has ended."""

import pytest

from tests.chaos.scripts import attempt_begun
from tests.chaos.simulated import RUNNERS, TAINT, perishable_node, simulated
from tests.chaos.stand import Stand
from tests.e2e.kube import Kubectl
from tests.e2e.leftovers import settle
from tests.e2e.namespaces import fresh_namespace
from tests.e2e.runs import apply_run, status

pytestmark = [pytest.mark.e2e, pytest.mark.alone, pytest.mark.timeout(400)]

#: Kubernetes waits five minutes; the node controller's own 50 s are long enough here.
SOON = [
    {"key": f"node.kubernetes.io/{fault}", "operator": "Exists", "effect": "NoExecute"}
    | {"tolerationSeconds": 5}
    for fault in ("unreachable", "not-ready")
]
ON_ITS_NODE = {"nodeSelector": RUNNERS, "tolerations": [{**TAINT, "operator": "Equal"}, *SOON]}


def test_a_run_goes_on_elsewhere(on_simulated_nodes: Stand) -> None:
    on_simulated_nodes.ready()
    with perishable_node() as kwok, fresh_namespace("node-gone") as namespace:
        spec = simulated("stays", "succeeds", gracePeriodSeconds=5, backoffSeconds=0)
        spec["runner"]["podTemplate"]["spec"] = ON_ITS_NODE
        run = apply_run(namespace, "run", spec, on_simulated_nodes.watch)
        run.until(attempt_begun(1), "runner pod of attempt 1")
        runner = status(run.history[-1])["runnerPodName"]
        run.kubectl("wait", f"pod/{runner}", "--for=condition=Ready", "--timeout=60s")
        kwok.kill()
        Kubectl()("label", "node", "simulated-0", *(f"{k}={v}" for k, v in RUNNERS.items()))
        end = status(run.until_finished(timeout=300))
        assert end["phase"] == "Succeeded", end
        assert [a.get("reason") for a in end["attempts"]] == ["RunnerLost", None]
        assert "its node is gone" in end["attempts"][0]["message"]
        run.delete()
        run.until_deleted()
        Kubectl()("delete", "node", "perishable")  # its last pod goes with it
        assert settle(namespace, set(), timeout=120) == set()
