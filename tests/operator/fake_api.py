"""An API server on loopback that knows just enough: uids, resourceVersions, preconditions, 409s.

The real one is asked by tests/e2e. This one is for what cannot be had there at will: an answer that
is lost, a refusal in a chosen moment, an operator killed between two requests, every order of both.
"""

import itertools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from kubernetes.aio.client import Configuration

from flowrun_operator.perform.api import Api
from flowrun_operator.perform.rights import LEASE_RIGHTS, RIGHTS

Body = dict[str, Any]
Fault = Callable[[str, str], web.Response | None]
GRANTED = {(r.group, r.resource, verb) for r in RIGHTS + LEASE_RIGHTS for verb in r.verbs}
VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


def status(code: int, message: str) -> web.Response:
    return web.json_response({"kind": "Status", "code": code, "message": message}, status=code)


@dataclass
class FakeApi:
    """What is stored, what was asked, and what goes wrong."""

    objects: dict[tuple[str, str, str], Body] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)  # "create pods", in order
    created: list[str] = field(default_factory=list)
    before: Fault = lambda verb, resource: None  # answers instead of carrying the request out
    after: Fault = lambda verb, resource: None  # answers instead of the true answer
    _count: Any = field(default_factory=lambda: itertools.count(1))

    def store(self, resource: str, body: Body) -> Body:
        """Puts an object there, as somebody else would have."""
        meta = body["metadata"]
        meta.setdefault("uid", f"uid-{next(self._count)}")
        meta.setdefault("creationTimestamp", "2026-11-22T05:00:50Z")
        meta["resourceVersion"] = str(next(self._count))
        self.objects[resource, meta["namespace"], meta["name"]] = body
        return body

    def of(self, resource: str) -> list[Body]:
        """All objects of a kind."""
        return [body for (kind, _, _), body in self.objects.items() if kind == resource]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        group, resource, namespace, name, subresource = parse(request.path)
        verb = VERBS.get(request.method) or ("get" if name else "list")
        asked = f"{resource}/{subresource}" if subresource else resource
        assert (group, asked, verb) in GRANTED, f"no right to {verb} {asked} in {group!r}"
        self.requests.append(f"{verb} {asked}")
        wrong = self.before(verb, asked)
        if wrong is not None:
            return wrong
        body = await request.json() if request.can_read_body else {}
        answer = self.carry_out(verb, resource, namespace, name, body, request)
        return self.after(verb, asked) or answer

    def carry_out(
        self, verb: str, resource: str, namespace: str, name: str, body: Any, request: web.Request
    ) -> web.Response:
        if verb == "list":
            found = [
                body
                for (kind, place, _), body in self.objects.items()
                if kind == resource and namespace in ("", place)
            ]
            return web.json_response({"items": found})
        if verb == "create":
            return self.create(resource, namespace, body)
        there = self.objects.get((resource, namespace, name))
        if there is None:
            return status(404, f'{resource} "{name}" not found')
        if verb == "get":
            return web.json_response(there)
        meta = there["metadata"]
        if verb == "update":
            if body["metadata"]["resourceVersion"] != meta["resourceVersion"]:
                return status(409, "the object has been modified")
            changed = there | {"status": body["status"]} if "status" in body else body
            return web.json_response(self.store(resource, changed))
        if verb == "delete":
            wanted = body.get("preconditions", {}).get("uid")
            if wanted not in {None, meta["uid"]}:
                return status(409, "uid in precondition differs")
            del self.objects[resource, namespace, name]
            return web.json_response({"kind": "Status", "status": "Success"})
        return self.patch(resource, there, body)

    def create(self, resource: str, namespace: str, body: Body) -> web.Response:
        key = (resource, namespace, body["metadata"]["name"])
        if key in self.objects:
            return status(409, f'{resource} "{key[2]}" already exists')
        self.created.append(resource)
        return web.json_response(self.store(resource, body), status=201)

    def patch(self, resource: str, there: Body, patch: Any) -> web.Response:
        meta = there["metadata"]
        if isinstance(patch, list):
            for each in patch:
                found = meta.get(each["path"].split("/")[2])
                if each["op"] == "test" and found != each["value"]:
                    return status(422, "test failed")
            meta["finalizers"] = []
        else:
            if patch["metadata"]["uid"] != meta["uid"]:
                return status(409, "uid differs")
            there["spec"] = there.get("spec", {}) | patch["spec"]
        return web.json_response(self.store(resource, there))


def parse(path: str) -> tuple[str, str, str, str, str]:
    """group, resource, namespace, name, subresource."""
    parts = path.strip("/").split("/")
    group, rest = (parts[1], parts[3:]) if parts[0] == "apis" else ("", parts[2:])
    namespace = ""
    if rest[0] == "namespaces":
        namespace, rest = rest[1], rest[2:]
    return group, rest[0], namespace, *(rest[1:] + ["", ""])[:2]  # type: ignore[return-value]  # padded to two


@asynccontextmanager
async def serving(fake: FakeApi) -> AsyncIterator[Api]:
    """The client of a fake that listens on loopback."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", fake.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    api = Api(
        Configuration(host=f"http://127.0.0.1:{port}", client_session_kwargs={"trust_env": False}),
        count_error=lambda *_: None,
    )
    try:
        yield api
    finally:
        await api.close()
        await runner.cleanup()


def as_json(body: Body) -> Body:
    """A copy that nobody else holds."""
    copy: Body = json.loads(json.dumps(body))
    return copy
