"""What to apply: our CRD and policy out of the models, dask-kubernetes' CRDs out of its wheel."""

from importlib import resources

import yaml

from flowrun_operator.api import crd
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
    return crd.definition()


def flowrun_policies() -> tuple[Manifest, ...]:
    """What guards FlowRuns beside the CRD; it lives as long as the CRD does."""
    return crd.admission_policy()


def dask_definitions() -> list[Manifest]:
    """The CRDs of the installed dask-kubernetes, so that they fit its operator."""
    folder = resources.files("dask_kubernetes").joinpath(_DASK_CRDS)
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".yaml")),
        key=lambda file: file.name,
    )
    # With libyaml: a second less for the 800 kB of them.
    return [yaml.load(file.read_bytes(), yaml.CSafeLoader) for file in files]
