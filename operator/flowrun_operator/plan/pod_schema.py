"""What a podTemplate may hold, by the schema of the DaskCluster that it ends up in.

dask-kubernetes' CRD has the pod of Kubernetes 1.21; the API server drops, without a word, what is
newer. So a newer field in a scheduler's or worker's podTemplate is a problem. The runner's pod is
a real one: there only the shape of what both know is held.
"""

from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

from flowrun_operator.api.problem import Problem
from flowrun_operator.plan.merge import MERGE_KEYS

Schema = dict[str, Any]

CRD = "operator/deployment/helm/dask-kubernetes-operator/crds/daskcluster.yaml"
TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


@cache
def dask_cluster_schema() -> Schema:
    """Of a whole DaskCluster, as the installed dask-kubernetes has it; nothing is imported."""
    package = find_spec("dask_kubernetes")
    if package is None or not package.submodule_search_locations:
        raise RuntimeError("dask-kubernetes is not installed: its CRDs are read from there")
    text = Path(package.submodule_search_locations[0], CRD).read_text()
    crd = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    schema: Schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return schema


def pod_template_schema() -> Schema:
    """metadata and spec, as the worker has them."""
    worker: Schema = dask_cluster_schema()["properties"]["spec"]["properties"]["worker"]
    known = {name: worker["properties"][name] for name in ("metadata", "spec")}
    return {"type": "object", "properties": known}


def misfits(template: Any, path: str, *, newer_fields: bool) -> Iterator[Problem]:
    """Wrong types, list items that nothing tells apart and, unless allowed, unknown fields."""
    return _misfits(pod_template_schema(), template, path, newer_fields)


def _misfits(schema: Schema, value: Any, path: str, newer: bool) -> Iterator[Problem]:
    if value is None:  # deletes the key, whatever its type
        return
    kind = schema.get("type", "object")
    if not _fits(kind, value, newer):
        yield Problem(path, f"must be of type {kind}{_hint(schema)}")
    elif kind == "array":
        yield from _misfits_of_items(schema, value, path, newer)
    elif kind == "object" and "properties" in schema:
        for key, inner in value.items():
            where = f"{path}.{key}"
            if key in schema["properties"]:
                yield from _misfits(schema["properties"][key], inner, where, newer)
            elif not newer and not key.startswith("$"):
                yield Problem(where, "is unknown to DaskCluster, which would drop it")
    elif kind == "object" and not _holds_quantities(path):
        for key, inner in value.items():
            yield from _misfits(
                schema.get("additionalProperties", {}), inner, f"{path}.{key}", newer
            )


def _misfits_of_items(
    schema: Schema, items: list[Any], path: str, newer: bool
) -> Iterator[Problem]:
    merge_key = MERGE_KEYS.get(path.rpartition(".")[2])
    for place, item in enumerate(items):
        where = f"{path}[{place}]"
        if merge_key is not None and isinstance(item, dict):
            if item.get(merge_key) is None:
                yield Problem(where, f"needs {merge_key}")
                continue
            where = f"{path}[{item[merge_key]}]"
        if item is None:
            yield Problem(where, "must not be null")
        else:
            yield from _misfits(schema["items"], item, where, newer)


def _fits(kind: str, value: Any, newer: bool) -> bool:
    if kind == "string" and newer and type(value) in (int, float):
        return True  # quantities and ports, which a real pod takes as numbers too
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, TYPES[kind])


def _hint(schema: Schema) -> str:
    ports = schema.get("format") == "int-or-string"
    return " (DaskCluster takes names of ports, not numbers)" if ports else ""


def _holds_quantities(path: str) -> bool:
    """pod.py turns these into strings."""
    return path.endswith((".resources.limits", ".resources.requests"))
