"""What is in a namespace, of every kind that the API server knows."""

import json
import time
from functools import cache

from tests.e2e.kube import CommandFailed, Kubectl

# What Kubernetes itself puts into every namespace.
DEFAULTS = frozenset({"serviceaccount/default", "configmap/kube-root-ca.crt"})
EVENTS = frozenset({"events", "events.events.k8s.io"})


@cache
def every_kind() -> str:
    """All namespaced kinds that can be listed, joined for kubectl get; Events are left out."""
    kinds = Kubectl()("api-resources", "--verbs=list", "--namespaced", "-o", "name").stdout.split()
    return ",".join(kind for kind in kinds if kind not in EVENTS)


def leftovers(namespace: str) -> set[str]:
    """Every object but Events and the namespace's defaults, as kubectl names it: `pod/x`."""
    names = Kubectl(namespace)("get", every_kind(), "--ignore-not-found", "-o", "name").stdout
    return set(names.split()) - DEFAULTS


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
