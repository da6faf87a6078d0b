"""The shape of everything that is made, and what all of it has in common."""

from typing import Any

from flowrun_operator.api import FlowRun
from flowrun_operator.api.flowrun import (
    API_VERSION,
    KIND,
    LABEL_ATTEMPT,
    LABEL_COMPONENT,
    LABEL_NAME,
    LABEL_UID,
)

Manifest = dict[str, Any]


def labels(run: FlowRun, component: str, attempt: int | None = None) -> dict[str, str]:
    """attempt is None for what all attempts of a run share."""
    shared = {
        LABEL_UID: run.metadata.uid,
        LABEL_NAME: run.metadata.name,
        LABEL_COMPONENT: component,
    }
    return shared if attempt is None else {**shared, LABEL_ATTEMPT: str(attempt)}


def metadata(run: FlowRun, name: str, component: str, attempt: int | None = None) -> Manifest:
    """Name, labels and owner of a child."""
    return {
        "name": name,
        "namespace": run.metadata.namespace,
        "labels": labels(run, component, attempt),
        "ownerReferences": [owner_reference(run)],
    }


def owner_reference(run: FlowRun) -> Manifest:
    """Makes the garbage collector delete the child after its FlowRun.

    Without blockOwnerDeletion: it would want update rights on flowruns/finalizers wherever
    OwnerReferencesPermissionEnforcement is on (OpenShift), and would make a foreground deletion of
    the FlowRun hang on the DaskCluster's finalizer while dask-kubernetes' operator is down.
    """
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "name": run.metadata.name,
        "uid": run.metadata.uid,
        "controller": True,
    }
