"""The acting operator's own metrics, read from its /metrics through the API server."""

from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.kube import Kubectl
from tests.e2e.release import SYSTEM_NAMESPACE, Release


def metric(name: str, **labels: str) -> float:
    """The sum of all samples of this name whose labels fit; 0.0 where there is none."""
    return sum(
        sample.value
        for family in text_string_to_metric_families(scrape())
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


def scrape() -> str:
    """The operator's whole answer."""
    holder = Release().holder()
    path = f"/api/v1/namespaces/{SYSTEM_NAMESPACE}/pods/{holder}:8080/proxy/metrics"
    return Kubectl()("get", "--raw", path).stdout
