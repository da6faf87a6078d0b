"""How many objects there are, without reading them all."""

import json
import time
from urllib.parse import quote

from tests.e2e.kube import Kubectl

BETWEEN_LOOKS = 2.0
PREFIXES = {
    "pods": "/api/v1",
    "services": "/api/v1",
    "deployments": "/apis/apps/v1",
    "daskclusters": "/apis/kubernetes.dask.org/v1",
    "daskworkergroups": "/apis/kubernetes.dask.org/v1",
}


def count(namespace: str, resource: str, selector: str = "") -> int:
    """Asks for one object and for how many remain; with a selector no API server counts those."""
    query = f"?labelSelector={quote(selector)}" if selector else "?limit=1"
    path = f"{PREFIXES[resource]}/namespaces/{namespace}/{resource}{query}"
    body = json.loads(Kubectl()("get", "--raw", path).stdout)
    remaining: int = body["metadata"].get("remainingItemCount", 0)
    return len(body["items"]) + remaining


def until_count(
    namespace: str, resource: str, wanted: int, deadline: float, *, selector: str = ""
) -> None:
    """Raises AssertionError where there are still not as many at the deadline (monotonic)."""
    while (there := count(namespace, resource, selector)) != wanted:
        assert time.monotonic() < deadline, f"{there} {resource} in {namespace}, not {wanted}"
        time.sleep(BETWEEN_LOOKS)
