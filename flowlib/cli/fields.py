"""Which fields a FlowRun's spec has: a table, since flowlib does not know the operator's models."""

from collections.abc import Mapping
from typing import Any

from flowlib.cli.manifest import FieldPath

#: A place where every name is allowed.
ANY: Mapping[str, Any] = {}
_RESOURCES = {"requests": ANY, "limits": ANY}
_KEY = {"name": ANY, "key": ANY, "optional": ANY}
_OBJECT = {"name": ANY, "optional": ANY}

#: The fields of spec, as crds/flowrun.yaml has them; a test compares the two.
FIELDS: Mapping[str, Any] = {
    "flow": {
        "entrypoint": ANY,
        "source": {
            "inline": ANY,
            "configMap": {"name": ANY, "items": {"key": ANY, "path": ANY}},
        },
    },
    "parameters": ANY,
    "image": ANY,
    "imagePullPolicy": ANY,
    "imagePullSecrets": {"name": ANY},
    "env": {
        "name": ANY,
        "value": ANY,
        "valueFrom": {
            "secretKeyRef": _KEY,
            "configMapKeyRef": _KEY,
            "fieldRef": {"fieldPath": ANY, "apiVersion": ANY},
        },
    },
    "envFrom": {"prefix": ANY, "secretRef": _OBJECT, "configMapRef": _OBJECT},
    "serviceAccountName": ANY,
    "runner": {"resources": _RESOURCES, "podTemplate": ANY},
    "cluster": {
        "workers": ANY,
        "minReadyWorkers": ANY,
        "startTimeoutSeconds": ANY,
        "scheduler": {"resources": _RESOURCES, "podTemplate": ANY},
        "worker": {
            "resources": _RESOURCES,
            "threads": ANY,
            "memoryLimit": ANY,
            "podTemplate": ANY,
        },
    },
    "results": {"location": ANY, "keep": ANY},
    "ttlSecondsAfterFinished": ANY,
    "backoffLimit": ANY,
    "backoffSeconds": ANY,
    "retryRules": {"reason": ANY, "action": ANY, "cluster": ANY},
    "activeDeadlineSeconds": ANY,
    "gracePeriodSeconds": ANY,
    "suspend": ANY,
    "cancel": ANY,
    "cleanupPolicy": ANY,
    "concurrency": {"group": ANY, "limit": ANY, "policy": ANY},
    "managedBy": ANY,
    "priorityClassName": ANY,
}


def is_known(path: FieldPath) -> bool:
    """Whether the API server would take this field; outside spec that is its own affair."""
    if path[:1] != ("spec",):
        return True
    known = FIELDS
    for part in path[1:]:
        if isinstance(part, int):
            continue
        if known is ANY:
            return True
        if part not in known:
            return False
        known = known[part]
    return True
