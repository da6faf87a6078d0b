"""The API server's audit log: who asked for what, when, and what was answered."""

import json
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.e2e.kube import run_tool


@dataclass(frozen=True)
class Request:
    """One answered request."""

    at: datetime  # when the API server received it, in microseconds
    answered: datetime
    user: str
    verb: str
    resource: str
    subresource: str
    namespace: str
    name: str
    code: int

    @property
    def created(self) -> bool:
        """Whether it made a new object."""
        return self.verb == "create" and self.code == 201 and not self.subresource


def requests(namespace: str) -> list[Request]:
    """Every answered request that concerns this namespace, in the order of their arrival."""
    lines = run_tool(sys.executable, "-m", "hack.kind", "audit").stdout.splitlines()
    mine = (line for line in lines if f'"{namespace}"' in line)
    return sorted((_request(json.loads(line)) for line in mine), key=lambda each: each.at)


def created(namespace: str, user: str = "") -> Counter[tuple[str, str]]:
    """How often each (resource, name) was made there, by users whose name holds `user`."""
    return Counter(
        (each.resource, each.name)
        for each in requests(namespace)
        if each.created and user in each.user
    )


def _request(entry: dict[str, Any]) -> Request:
    about = entry.get("objectRef", {})
    return Request(
        at=datetime.fromisoformat(entry["requestReceivedTimestamp"]),
        answered=datetime.fromisoformat(entry["stageTimestamp"]),
        user=entry["user"]["username"],
        verb=entry["verb"],
        resource=about.get("resource", ""),
        subresource=about.get("subresource", ""),
        namespace=about.get("namespace", ""),
        name=about.get("name", ""),
        code=entry.get("responseStatus", {}).get("code", 0),
    )
