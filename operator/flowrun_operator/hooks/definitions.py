"""The CRDs to apply: ours out of its models, dask-kubernetes' out of its installed wheel."""

from importlib import resources

import yaml

from flowrun_operator.api.crd import flowrun_crd
from flowrun_operator.hooks.release import Manifest

#: Where the wheel of dask-kubernetes keeps CRDs that can be applied (those in customresources/
#: hold unresolved references).
_DASK_CRDS = "operator/deployment/helm/dask-kubernetes-operator/crds"

#: What the wheel holds, and what a cluster must serve where somebody else applied them.
DASK_CRD_NAMES = (
    "daskautoscalers.kubernetes.dask.org",
    "daskclusters.kubernetes.dask.org",
    "daskjobs.kubernetes.dask.org",
    "daskworkergroups.kubernetes.dask.org",
)


def flowrun_definition() -> Manifest:
    """The CRD of FlowRun, generated as crds/flowrun.yaml is: no copy to go stale in the image."""
    return flowrun_crd()


def dask_definitions() -> list[Manifest]:
    """The CRDs of the installed dask-kubernetes, so that they fit its operator."""
    folder = resources.files("dask_kubernetes").joinpath(_DASK_CRDS)
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".yaml")),
        key=lambda file: file.name,
    )
    return [yaml.safe_load(file.read_text(encoding="utf-8")) for file in files]
