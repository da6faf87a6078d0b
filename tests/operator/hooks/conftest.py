"""A stand-in for the API server that keeps objects in lists; a clock that only sleeping moves."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from flowrun_operator.hooks.cluster import Conflict, NotFound
from flowrun_operator.hooks.patience import Clock, Patience
from flowrun_operator.hooks.release import Release

Manifest = dict[str, Any]


@dataclass
class FakeCluster:
    """Same methods as hooks.cluster.Cluster; what was asked of it stands in ``calls``."""

    crds: dict[str, Manifest] = field(default_factory=dict)
    deployment_list: list[Manifest] = field(default_factory=list)
    pod_list: list[Manifest] = field(default_factory=list)
    cluster_list: list[Manifest] = field(default_factory=list)
    establishes: bool = True
    conflicts: set[str] = field(default_factory=set)
    stuck: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)

    def definition(self, name: str) -> Manifest | None:
        return self.crds.get(name)

    def apply(self, manifest: Manifest, *, force: bool) -> None:
        name = manifest["metadata"]["name"]
        if name in self.conflicts and not force:
            raise Conflict('conflict with "kubectl-edit": .spec.versions')
        self.calls.append(f"apply {manifest['kind']} {name}")
        status = "True" if self.establishes else "False"
        if manifest["kind"] == "CustomResourceDefinition":
            conditions = [{"type": "Established", "status": status}]
            self.crds[name] = {**manifest, "status": {"conditions": conditions}}

    def deployments(self) -> list[Manifest]:
        return self.deployment_list

    def scale_to_zero(self, namespace: str, deployment: str) -> None:
        self.calls.append(f"scale {namespace}/{deployment}")
        found = [d for d in self.deployment_list if d["metadata"]["name"] == deployment]
        if not found:
            raise NotFound(deployment)
        self.pod_list = [p for p in self.pod_list if not operator_pod(p) or is_stuck(self, p)]

    def pods(self, selector: str, namespace: str | None) -> list[Manifest]:
        here = placed(self.pod_list, namespace)
        if selector.startswith("app.kubernetes.io"):
            return [p for p in here if operator_pod(p)]
        return [p for p in here if selector in p["metadata"].get("labels", {})]

    def dask_clusters(self, selector: str, namespace: str | None) -> list[Manifest]:
        here = placed(self.cluster_list, namespace)
        return [c for c in here if selector in c["metadata"].get("labels", {})]

    def delete_pod(self, namespace: str, name: str, uid: str) -> None:
        self.calls.append(f"delete pod {namespace}/{name}")
        self.pod_list = deleted(self.pod_list, uid, self.stuck)

    def delete_dask_cluster(self, namespace: str, name: str, uid: str) -> None:
        self.calls.append(f"delete cluster {namespace}/{name}")
        self.cluster_list = deleted(self.cluster_list, uid, self.stuck)
        if name not in self.stuck:
            self.pod_list = [
                p
                for p in self.pod_list
                if p["metadata"]["labels"].get("dask.org/cluster-name") != name
            ]


def placed(objects: list[Manifest], namespace: str | None) -> list[Manifest]:
    return [o for o in objects if namespace in (None, o["metadata"]["namespace"])]


def operator_pod(pod: Manifest) -> bool:
    return pod["metadata"].get("labels", {}).get("app.kubernetes.io/component") == "operator"


def is_stuck(cluster: FakeCluster, pod: Manifest) -> bool:
    return pod["metadata"]["name"] in cluster.stuck


def deleted(objects: list[Manifest], uid: str, stuck: set[str]) -> list[Manifest]:
    kept = [o for o in objects if o["metadata"]["uid"] != uid or o["metadata"]["name"] in stuck]
    for o in kept:
        if o["metadata"]["uid"] == uid:
            o["metadata"]["deletionTimestamp"] = "2026-11-22T05:00:00Z"
    return kept


class FakeTime:
    """Passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def release() -> Release:
    return Release("flowrun", "flowrun-system")


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def passed() -> FakeTime:
    return FakeTime()


@pytest.fixture
def patience(said: list[str], passed: FakeTime) -> Patience:
    return Patience(60.0, said.append, Clock(lambda: passed.now, passed.sleep))


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster()
