"""Strategic merge of a user's partial PodTemplateSpec onto ours, by Kubernetes' rules for pods."""

from collections.abc import Iterator
from typing import Any

from flowrun_operator.api.problem import Problem
from flowrun_operator.plan.manifest import Manifest

#: Lists of a pod that are merged, by what tells their items apart (patchMergeKey of the pod's
#: types in k8s.io/api/core/v1). Every other list is replaced whole, tolerations and args too.
MERGE_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "ephemeralContainers": "name",
    "volumes": "name",
    "imagePullSecrets": "name",
    "topologySpreadConstraints": "topologyKey",
    "hostAliases": "ip",
    "resourceClaims": "name",
    "env": "name",
    "ports": "containerPort",
    "volumeMounts": "mountPath",
    "volumeDevices": "devicePath",
}


def merge(ours: Manifest, theirs: Manifest) -> Manifest:
    """theirs laid over ours; null deletes a key. Neither is changed."""
    merged = dict(ours)
    for key, value in theirs.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _value(key, merged.get(key), value)
    return merged


def _value(key: str, ours: Any, theirs: Any) -> Any:
    if isinstance(theirs, dict):
        return merge(ours if isinstance(ours, dict) else {}, theirs)
    if isinstance(theirs, list) and key in MERGE_KEYS:
        return _items(MERGE_KEYS[key], ours if isinstance(ours, list) else [], theirs)
    return theirs


def _items(key: str, ours: list[Manifest], theirs: list[Manifest]) -> list[Manifest]:
    """Ours keep their order; what is only theirs comes after."""
    merged = list(ours)
    places = {item.get(key): place for place, item in enumerate(ours)}
    for item in theirs:
        place = places.get(item.get(key))
        if place is None:
            places[item.get(key)] = len(merged)
            merged.append(merge({}, item))
        else:
            merged[place] = merge(merged[place], item)
    return merged


def directives(value: Any, path: str) -> Iterator[Problem]:
    """The $patch, $retainKeys and the like of kubectl's patches, which mean nothing here."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key.startswith("$"):
                yield Problem(f"{path}.{key}", "patch directives are not supported; null deletes")
            else:
                yield from directives(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from directives(inner, f"{path}[{place}]")
