"""The run's NetworkPolicy: whoever reaches a scheduler's port 8786 can run code there."""

from flowrun_operator.api import FlowRun
from flowrun_operator.api.flowrun import LABEL_UID
from flowrun_operator.plan.manifest import Manifest, metadata
from flowrun_operator.plan.names import DASHBOARD_PORT, PROGRESS_PORT, names
from flowrun_operator.settings import Settings


def network_policy(run: FlowRun, settings: Settings) -> Manifest:
    """Into the run's pods come only the run's own pods, and the operators to what they read.

    `kubectl port-forward` and `flowrun dashboard` need no rule: the kubelet dials from inside the
    pod's own network namespace. More ways in (a gateway, a Prometheus) are a second NetworkPolicy:
    policies add up. Egress is the namespace's own affair.
    """
    own_pods = {"matchLabels": {LABEL_UID: run.metadata.uid}}
    operators = {"matchLabels": {"kubernetes.io/metadata.name": settings.operator_namespace}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(run, names(run, 1).network_policy, "network-policy"),
        "spec": {
            "podSelector": own_pods,
            "policyTypes": ["Ingress"],
            "ingress": [
                {"from": [{"podSelector": own_pods}]},
                {
                    "from": [{"namespaceSelector": operators}],
                    "ports": [
                        {"protocol": "TCP", "port": DASHBOARD_PORT},
                        {"protocol": "TCP", "port": PROGRESS_PORT},
                    ],
                },
            ],
        },
    }
