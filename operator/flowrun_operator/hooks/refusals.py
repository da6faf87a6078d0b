"""Why an install must stop: pure, each answer one line with the way out.

One line, because Helm 4 prints a failed Job's log as one quoted string.
"""

from collections.abc import Iterable, Iterator, Mapping

from flowrun_operator.hooks.definitions import DASK_CRD_NAMES
from flowrun_operator.hooks.release import LABEL_RELEASE, Manifest, Release

#: What an operator of dask-kubernetes is known by, in its own chart or in a home-made manifest.
_DASK_OPERATOR_NAME = "dask-kubernetes-operator"
_DASK_OPERATOR_MODULE = "dask_kubernetes.operator"


def refusals(
    release: Release,
    *,
    dask_operator: bool,
    served: Mapping[str, Manifest],
    deployments: Iterable[Manifest],
) -> list[str]:
    """All reasons against this install; ``served`` are the cluster's CRDs by name."""
    found = [*_another_flowrun_release(release, served)]
    if dask_operator:
        found += _foreign_dask_definitions(release, served)
        found += _other_dask_operators(release, deployments)
    else:
        found += _missing_dask_definitions(served)
    return found


def _another_flowrun_release(release: Release, served: Mapping[str, Manifest]) -> Iterator[str]:
    # Without any release's label it came from `kubectl apply -f crds/flowrun.yaml`: taken over.
    name = "flowruns.flowrun.dev"
    crd = served.get(name)
    if crd and LABEL_RELEASE in crd["metadata"].get("labels", {}) and not release.applied(crd):
        yield (
            f"the CRD {name} belongs to another release of FlowRun. One release serves a whole "
            "cluster: upgrade that one. If it is gone, hand the CRD over: "
            f"{_hand_over(release, [name])}"
        )


def _foreign_dask_definitions(release: Release, served: Mapping[str, Manifest]) -> Iterator[str]:
    foreign = [n for n in DASK_CRD_NAMES if n in served and not release.applied(served[n])]
    if foreign:
        yield (
            f"these CRDs were not applied by this release ({release}): {', '.join(foreign)}. "
            "If a dask-kubernetes operator runs in this cluster, install with "
            "--set daskOperator.enabled=false. If none does, hand the CRDs over: "
            f"{_hand_over(release, foreign)}"
        )


def _other_dask_operators(release: Release, deployments: Iterable[Manifest]) -> Iterator[str]:
    others = [
        f"{deployment['metadata']['namespace']}/{deployment['metadata']['name']}"
        for deployment in deployments
        if _runs_dask_operator(deployment) and not release.renders(deployment)
    ]
    if others:
        yield (
            f"another dask-kubernetes operator exists: Deployment {', '.join(sorted(others))}. Two "
            "of them pull every DaskCluster to and fro. Install with "
            "--set daskOperator.enabled=false, or delete that one first."
        )


def _missing_dask_definitions(served: Mapping[str, Manifest]) -> Iterator[str]:
    missing = [name for name in DASK_CRD_NAMES if name not in served]
    if missing:
        yield (
            f"daskOperator.enabled is false, and these CRDs are missing: {', '.join(missing)}. "
            "Install dask-kubernetes' operator first, or leave daskOperator.enabled true."
        )


def _runs_dask_operator(deployment: Manifest) -> bool:
    labels = deployment["metadata"].get("labels", {})
    if labels.get("app.kubernetes.io/name") == _DASK_OPERATOR_NAME:
        return True
    for container in deployment["spec"]["template"]["spec"]["containers"]:
        words = [*container.get("command", ()), *container.get("args", ())]
        if _DASK_OPERATOR_NAME in container.get("image", ""):
            return True
        if any(_DASK_OPERATOR_MODULE in word for word in words):
            return True
    return False


def _hand_over(release: Release, names: Iterable[str]) -> str:
    labels = " ".join(f"{key}={value}" for key, value in release.labels.items())
    return f"kubectl label crd --overwrite {' '.join(names)} {labels}"
