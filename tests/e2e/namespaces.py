"""Namespaces that live as long as one test."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from tests.e2e.kube import Kubectl

RESTRICTED = "pod-security.kubernetes.io/enforce=restricted"


@contextmanager
def fresh_namespace(about: str, *labels: str) -> Iterator[str]:
    """A new namespace with a name of its own, deleted at the end without waiting for it."""
    kubectl = Kubectl()
    name = f"e2e-{about[:40].strip('-')}-{uuid.uuid4().hex[:6]}"
    kubectl("create", "namespace", name)
    try:
        if labels:
            kubectl("label", "namespace", name, *labels)
        yield name
    finally:
        kubectl("delete", "namespace", name, "--wait=false")
