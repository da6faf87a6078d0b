"""Finding one's way in rendered manifests."""

from collections.abc import Iterable
from typing import Any

Manifest = dict[str, Any]


def the(manifests: Iterable[Manifest], kind: str, name: str) -> Manifest:
    """The one manifest of that kind and name."""
    found = [m for m in manifests if (m["kind"], m["metadata"]["name"]) == (kind, name)]
    assert len(found) == 1, f"{kind} {name}: {len(found)} of them"
    return found[0]


def names(manifests: Iterable[Manifest], kind: str | None = None) -> set[str]:
    """Kind/name of all, or of one kind."""
    return {f"{m['kind']}/{m['metadata']['name']}" for m in manifests if kind in (None, m["kind"])}


def hook(manifest: Manifest) -> str | None:
    """When Helm runs it, if it is a hook."""
    return annotations(manifest).get("helm.sh/hook")


def annotations(manifest: Manifest) -> dict[str, str]:
    """Its annotations."""
    return manifest["metadata"].get("annotations") or {}


def pod_specs(manifests: Iterable[Manifest]) -> dict[str, Manifest]:
    """The pod spec of every workload, by kind/name."""
    return {
        f"{m['kind']}/{m['metadata']['name']}": m["spec"]["template"]["spec"]
        for m in manifests
        if m["kind"] in {"Deployment", "Job"}
    }


def variables(container: Manifest) -> dict[str, str | None]:
    """Environment variables with their values; None where the value comes from elsewhere."""
    return {entry["name"]: entry.get("value") for entry in container["env"]}
