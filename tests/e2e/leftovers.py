"""What is in a namespace, of every kind that the API server knows."""

import json
import time
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from tests.e2e.api import ask
from tests.e2e.kube import CommandFailed, Kubectl

# What Kubernetes itself puts into every namespace.
DEFAULTS = frozenset({"serviceaccount/default", "configmap/kube-root-ca.crt"})
GROUPS = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
NAMES_ONLY = "application/json;g=meta.k8s.io;v=v1;as=PartialObjectMetadataList"


@cache
def every_kind() -> Mapping[str, str]:
    """All namespaced kinds that can be listed, as kubectl names them, with their lists' paths."""
    return {
        kind: path
        for groups in ("/api", "/apis")
        for group in ask("GET", groups, accept=GROUPS)["items"]
        for kind, path in _kinds(groups, group)
    }


def _kinds(groups: str, group: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    name = group["metadata"].get("name", "")
    version = group["versions"][0]  # the one that the API server prefers
    root = "/".join(part for part in (groups, name, version["version"]) if part)
    for each in version.get("resources", []):
        listed = each["scope"] == "Namespaced" and "list" in each["verbs"]
        kind = each["responseKind"]["kind"].lower()
        if listed and kind != "event":
            path = f"{root}/namespaces/{{namespace}}/{each['resource']}"
            yield f"{kind}.{name}" if name else kind, path


def leftovers(namespace: str) -> set[str]:
    """Every object but Events and the namespace's defaults, as kubectl names it: `pod/x`."""
    names = {
        f"{kind}/{each['metadata']['name']}"
        for kind, path in every_kind().items()
        for each in ask("GET", path.format(namespace=namespace), accept=NAMES_ONLY)["items"] or ()
    }
    return names - DEFAULTS


def settle(namespace: str, expected: set[str], timeout: float) -> set[str]:
    """Waits until nothing unexpected is left over, and returns what is there in the end."""
    kubectl = Kubectl(namespace)
    deadline = time.monotonic() + timeout
    while True:
        there = leftovers(namespace)
        left = max(0.0, deadline - time.monotonic())
        if there <= expected or not left:
            return there
        # One wait for all that must go; an object that is gone already is no error.
        waited = kubectl(
            "wait", "--for=delete", *sorted(there - expected), f"--timeout={left:.0f}s",
            check=False, timeout=timeout + 30,
        )  # fmt: skip
        in_vain = ("timed out", "condition not met")  # kubectl has two words for it
        if waited.returncode != 0 and not any(words in waited.stderr for words in in_vain):
            raise CommandFailed(waited.stderr)


def describe(namespace: str, names: set[str]) -> str:
    """The given objects as JSON, for the message of a test that fails over them."""
    if not names:
        return ""
    return json.dumps(
        Kubectl(namespace).json("get", *sorted(names), "--ignore-not-found"), indent=1
    )
