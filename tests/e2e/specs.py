"""Specs of FlowRuns for tests: a flow file of tests/e2e/flows as inline source, small pods."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

FLOWS = Path(__file__).parent / "flows"
Spec = dict[str, Any]

# Many runs share a node of two cores here: what they reserve must not keep them apart.
SMALL = {"requests": {"cpu": "5m", "memory": "32Mi"}}
SMALL_PODS: Spec = {
    "runner": {"resources": SMALL},
    "cluster": {"scheduler": {"resources": SMALL}, "worker": {"resources": SMALL}},
}


def merged(base: Mapping[str, Any], change: Mapping[str, Any]) -> Spec:
    """`change` laid over `base`, maps key by key."""
    result = dict(base)
    for key, value in change.items():
        below = result.get(key)
        both_maps = isinstance(below, Mapping) and isinstance(value, Mapping)
        result[key] = merged(below, value) if both_maps else value  # type: ignore[arg-type]  # mypy does not follow both_maps
    return result


def inline(file: str, *more: str, attribute: str | None = "flow") -> Spec:
    """spec.flow for a file of tests/e2e/flows, with further files beside it."""
    texts = {name: (FLOWS / name).read_text() for name in (file, *more)}
    entrypoint = f"{file}:{attribute}" if attribute else file
    return {"entrypoint": entrypoint, "source": {"inline": texts}}


def spec(file: str, *changes: Mapping[str, Any], attribute: str | None = "flow") -> Spec:
    """A spec that runs a file of tests/e2e/flows in small pods, with the changes laid over it."""
    result = merged(SMALL_PODS, {"flow": inline(file, attribute=attribute)})
    for change in changes:
        result = merged(result, change)
    return result


def part(which: str, change: Mapping[str, Any]) -> Spec:
    """A change of one of the three kinds of pods: runner, scheduler or worker."""
    return {"runner": change} if which == "runner" else {"cluster": {which: change}}


def container(which: str, **fields: Any) -> Spec:
    """A podTemplate that changes the container of one kind of pod."""
    return part(which, {"podTemplate": {"spec": {"containers": [{"name": which, **fields}]}}})


def quota(**hard: str) -> Mapping[str, Any]:
    """A ResourceQuota of the namespace."""
    named = {name.replace("_", "."): value for name, value in hard.items()}
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "full"},
        "spec": {"hard": named},
    }
