"""A node goes with a runner on it: its kubelet never tells that the pod has ended."""

import time

from tests.chaos import oracle
from tests.chaos.made import made_in
from tests.chaos.one_namespace import own_operator
from tests.chaos.outcome import Outcome
from tests.chaos.scripts import Script, attempt_begun
from tests.chaos.simulated import RUNNERS, TAINT, perishable_node, simulated
from tests.chaos.stand import Stand
from tests.e2e.kube import Kubectl
from tests.e2e.namespaces import fresh_namespace
from tests.e2e.runs import apply_run, status

#: Kubernetes waits five minutes; the node controller's own 50 s are long enough here.
SOON = [
    {"key": f"node.kubernetes.io/{fault}", "operator": "Exists", "effect": "NoExecute"}
    | {"tolerationSeconds": 5}
    for fault in ("unreachable", "not-ready")
]
ON_ITS_NODE = {"nodeSelector": RUNNERS, "tolerations": [{**TAINT, "operator": "Equal"}, *SOON]}
SPEC = simulated("stays", "succeeds", gracePeriodSeconds=5, backoffSeconds=0)
SPEC["runner"]["podTemplate"]["spec"] = ON_ITS_NODE
SCRIPT = Script("node gone", SPEC, "Succeeded", None, ("RunnerLost", None), seconds=300)


def node_gone(stand: Stand) -> Outcome:
    """The run goes on elsewhere, though nobody says that its first runner has ended."""
    with (
        perishable_node() as kubelet,
        fresh_namespace("node-gone") as namespace,
        own_operator(stand, namespace),
    ):
        run = apply_run(namespace, "run", SCRIPT.spec, stand.watch)
        begun = run.until(attempt_begun(1), "runner pod of attempt 1")
        runner = status(begun)["runnerPodName"]
        run.kubectl("wait", f"pod/{runner}", "--for=condition=Ready", "--timeout=60s")
        kubelet.kill()
        gone_at = time.monotonic()
        Kubectl()("label", "node", "simulated-0", *(f"{k}={v}" for k, v in RUNNERS.items()))
        end = run.until_finished(SCRIPT.seconds)
        seconds = time.monotonic() - gone_at
        problems = [*oracle.wrong_end(SCRIPT, end), *oracle.wrong_order(run.history)]
        said = status(end)["attempts"][0].get("message", "")
        if "its node is gone" not in said:
            problems.append(f"attempt 1 tells {said!r}")
        problems += oracle.wrong_children(made_in(namespace).while_wanted, [end])
        run.delete()
        run.until_deleted()
        Kubectl()("delete", "node", "perishable")  # its last pod goes with it
        problems += oracle.left_over(namespace, set(), 120)
    return Outcome("node gone", {"runs": 1, "seconds to the end": seconds}, tuple(problems))
