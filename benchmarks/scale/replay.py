"""The calls that the operator makes for one run, sent by a bare script."""

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.chaos.crowd import RUNS, Client
from tests.e2e.watch import Object

CHILDREN = ("networkpolicies", "daskclusters", "pods")
PATHS = {
    "networkpolicies": "/apis/networking.k8s.io/v1/namespaces/{namespace}/networkpolicies",
    "daskclusters": "/apis/kubernetes.dask.org/v1/namespaces/{namespace}/daskclusters",
    "pods": "/api/v1/namespaces/{namespace}/pods",
    "events": "/api/v1/namespaces/{namespace}/events",
}
#: What the API server puts into an object by itself.
SERVERS_OWN = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields")
SCHEDULERS_OWN = ("nodeName", "priority", "preemptionPolicy", "serviceAccount")
STATUS = ("update", "flowruns/status")
Calls = Counter[tuple[str, str]]  # verb, resource with subresource


@dataclass(frozen=True)
class Patterns:
    """Of one run: what the operator wrote about it, and what it made."""

    uid: str
    status: Mapping[str, Any]
    children: Mapping[str, Object]
    event: Object
    name: str = "run-0"

    def child(self, kind: str, namespace: str, name: str, uid: str) -> Object:
        """The same for another run."""
        return self._for(self.children[kind], namespace, name, uid)

    def an_event(self, namespace: str, name: str, uid: str, number: int) -> Object:
        """The same for another run, under a name of its own."""
        found = self._for(self.event, namespace, name, uid)
        found["metadata"]["name"] = f"{name}.{number:x}"
        return found

    def _for(self, body: Object, namespace: str, name: str, uid: str) -> Object:
        text = json.dumps(body).replace(self.uid, uid).replace(f"-{self.uid[:5]}", f"-{uid[:5]}")
        found: Object = json.loads(text.replace(self.name, name))
        found["metadata"] = {
            key: value for key, value in found["metadata"].items() if key not in SERVERS_OWN
        } | {"namespace": namespace}
        if "involvedObject" in found:
            found["involvedObject"]["namespace"] = namespace
        found.pop("status", None)
        for field in SCHEDULERS_OWN:
            found.get("spec", {}).pop(field, None)
        return found


@dataclass(frozen=True)
class Replay:
    """One run's calls, in the order in which the operator sends them."""

    namespace: str
    name: str
    patterns: Patterns
    due: Calls

    async def send(self, client: Client) -> None:
        """Intent first, then the children, then what is known of them; the Events last."""
        run, left = self._run, Counter(self.due)
        body = json.loads(await client.must("GET", run))
        left["get", "flowruns"] -= 1
        writes = max(0, left[STATUS])
        if writes > 1:
            body = await self._write(client, body, 0)
        uid = body["metadata"]["uid"]
        if left["get", "flowruns"] > 0:
            body = json.loads(await client.must("GET", run))
            left["get", "flowruns"] -= 1
        await self._create(client, uid, "networkpolicies")
        await asyncio.gather(*(self._create(client, uid, k) for k in ("daskclusters", "pods")))
        for number in range(1, writes + (writes == 1)):
            body = await self._write(client, body, number)
        for (verb, resource), times in left.items():
            for _ in range(times if verb == "get" else 0):
                await client.must("GET", self._path(resource, uid))
        for number in range(self.due["create", "events"]):
            event = self.patterns.an_event(self.namespace, self.name, uid, number)
            await self._post(client, "events", event)

    async def _write(self, client: Client, body: Object, number: int) -> Object:
        # Each another one: what changes nothing is not written.
        changed = {**body, "status": {**self.patterns.status, "message": f"write {number}"}}
        answer: Object = json.loads(await client.must("PUT", f"{self._run}/status", changed))
        return answer

    async def _create(self, client: Client, uid: str, kind: str) -> None:
        if self.due["create", kind]:
            body = self.patterns.child(kind, self.namespace, self.name, uid)
            await self._post(client, kind, body)

    async def _post(self, client: Client, kind: str, body: Object) -> None:
        path = PATHS[kind].format(namespace=self.namespace)
        await client.must("POST", path, body, query={"fieldValidation": "Strict"})

    @property
    def _run(self) -> str:
        return RUNS.format(namespace=self.namespace) + f"/{self.name}"

    def _path(self, resource: str, uid: str) -> str:
        """Where the run itself is read, or its child of that kind."""
        if resource not in CHILDREN:
            return self._run
        child = self.patterns.child(resource, self.namespace, self.name, uid)
        return f"{PATHS[resource].format(namespace=self.namespace)}/{child['metadata']['name']}"
