"""What runs have running, as the API server lists it: pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from flowrun_operator.api.flowrun import GROUP, KIND, LABEL_UID
from flowrun_operator.hooks.release import Manifest

#: Every pod and DaskCluster of a run carries it: dask-kubernetes copies a DaskCluster's labels.
SELECTOR = LABEL_UID
_LABEL_DASK_CLUSTER = "dask.org/cluster-name"
_ENDED = frozenset({"Succeeded", "Failed"})


@dataclass(frozen=True)
class Running:
    """One object that runs or makes something run."""

    kind: str
    namespace: str
    name: str
    uid: str
    owned: bool  # by a FlowRun, its controller: ours to delete
    deleting: bool

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


def running_pods(pods: Iterable[Manifest]) -> list[Running]:
    """Runner pods, schedulers and workers. An ended runner keeps its log and its verdict."""
    return [
        _running("Pod", pod)
        for pod in pods
        if pod.get("status", {}).get("phase") not in _ENDED
        and (_owned(pod) or _LABEL_DASK_CLUSTER in pod["metadata"].get("labels", {}))
    ]


def running_clusters(clusters: Iterable[Manifest]) -> list[Running]:
    """DaskClusters of runs, also of a finished one whose cluster was about to go."""
    return [_running("DaskCluster", cluster) for cluster in clusters if _owned(cluster)]


def _running(kind: str, manifest: Manifest) -> Running:
    metadata = manifest["metadata"]
    return Running(
        kind=kind,
        namespace=metadata["namespace"],
        name=metadata["name"],
        uid=metadata["uid"],
        owned=_owned(manifest),
        deleting="deletionTimestamp" in metadata,
    )


def _owned(manifest: Manifest) -> bool:
    """By its controller ownerReference, never by label: anybody may write labels."""
    return any(
        owner.get("controller")
        and owner["kind"] == KIND
        and owner["apiVersion"].split("/")[0] == GROUP
        for owner in manifest["metadata"].get("ownerReferences", ())
    )
