"""Namespaces that live as long as one test."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from tests.e2e.api import ask

NAMESPACES = "/api/v1/namespaces"
RESTRICTED = "pod-security.kubernetes.io/enforce=restricted"


@contextmanager
def fresh_namespace(about: str, *labels: str) -> Iterator[str]:
    """A new namespace with a name of its own, deleted at the end without waiting for it."""
    name = f"e2e-{about[:40].strip('-')}-{uuid.uuid4().hex[:6]}"
    metadata = {"name": name, "labels": dict(label.split("=", 1) for label in labels)}
    ask("POST", NAMESPACES, {"metadata": metadata})
    try:
        yield name
    finally:
        ask("DELETE", f"{NAMESPACES}/{name}")
