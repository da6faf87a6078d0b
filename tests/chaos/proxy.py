"""A reverse proxy on loopback between an operator on this machine and the API server.

It counts requests, does mischief to them, and ends the operator before or after its n-th write.
Plain HTTP on this side; towards the API server with the kubeconfig's certificate, in the name of
the operator's ServiceAccount: what that may not do is refused here as it is in the cluster.
"""

import asyncio
import base64
import json
import ssl as tls
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml
from aiohttp import ClientSession, ClientTimeout, TCPConnector, web

from tests.chaos.mischief import Fault, Mischief, WatchFate, WatchFault

HOP_BY_HOP = frozenset({"connection", "host", "keep-alive", "transfer-encoding", "content-length"})
LONGEST_TIMEOUT_SECONDS = 60.0
#: aiohttp's session does not wait until its TLS connections are closed.
TLS_GOODBYE_SECONDS = 0.5
LARGEST_BODY = 16 * 1024 * 1024
REFUSALS: Mapping[Fault, tuple[int, str, str]] = {
    Fault.CONFLICT: (409, "Conflict", "the object has been modified"),
    Fault.THROTTLED: (429, "TooManyRequests", "too many requests, please try again later"),
    Fault.ERROR: (500, "InternalError", "etcdserver: leader changed"),
    Fault.UNAVAILABLE: (503, "ServiceUnavailable", "the server is currently unable to serve"),
}


@dataclass(frozen=True)
class Upstream:
    """The API server."""

    url: str
    ssl: tls.SSLContext | bool = True
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Kill:
    """Ends somebody before or after the n-th write that passes."""

    number: int
    moment: Literal["before", "after"]
    kill: Callable[[], None]


@dataclass(frozen=True)
class Call:
    """What a request asks for."""

    method: str
    resource: str  # as in the path: daskclusters, flowruns/status
    watch: bool

    @classmethod
    def of(cls, method: str, path: str, watch: bool) -> "Call":
        """Reads /api/v1/... and /apis/GROUP/VERSION/..., in a namespace or not."""
        words = path.strip("/").split("/")
        words = words[2:] if words[0] == "api" else words[3:]
        if words[:1] == ["namespaces"] and len(words) > 2:
            words = words[2:]
        return cls(method, "/".join((*words[:1], *words[2:3])), watch)

    @property
    def writes(self) -> bool:
        """Whether it changes what a run is made of: Events only tell, and a Lease is no part."""
        return self.method != "GET" and self.resource not in ("events", "leases")


class Proxy:
    """Serves while its `with` block lasts, in a thread of its own."""

    def __init__(self, upstream: Upstream, mischief: Mischief | None = None) -> None:
        self.upstream = upstream
        self._mischief = mischief or Mischief()
        self._kill: Kill | None = None
        self._killed = threading.Event()
        self._dead: set[object] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self.calls: Counter[tuple[str, str]] = Counter()
        self.faults: Counter[str] = Counter()
        self.writes = 0
        self.first_write_at: float | None = None  # time.monotonic()
        self.url = ""

    def __enter__(self) -> "Proxy":
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(timeout=10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(timeout=10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    def count_anew(self, mischief: Mischief | None = None, kill: Kill | None = None) -> None:
        """From now on: counts from zero, with this mischief and this kill."""
        self.calls, self.faults, self.writes = Counter(), Counter(), 0
        self.first_write_at = None
        self._mischief, self._kill = mischief or Mischief(), kill
        self._killed.clear()

    def until_killed(self, timeout: float) -> bool:
        """Whether the kill came within that time."""
        return self._killed.wait(timeout)

    def kubeconfig(self, folder: Path) -> Path:
        """Writes a kubeconfig that names this proxy."""
        named = {"name": "proxy"}
        body = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{**named, "cluster": {"server": self.url}}],
            "users": [{**named, "user": {}}],
            "contexts": [{**named, "context": {"cluster": "proxy", "user": "proxy"}}],
            "current-context": "proxy",
        }
        file = folder / "kubeconfig"
        file.write_text(yaml.safe_dump(body))
        return file

    async def _open(self) -> None:
        self._session = ClientSession(
            connector=TCPConnector(ssl=self.upstream.ssl, limit=0),
            timeout=ClientTimeout(total=None),
            auto_decompress=False,
        )
        app = web.Application(client_max_size=LARGEST_BODY)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"

    async def _close(self) -> None:
        await self._runner.cleanup()
        # What serves watches of a client that was killed waits for events that never come.
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self._session.close()
        await asyncio.sleep(TLS_GOODBYE_SECONDS)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if request.protocol in self._dead:
            return _cut(request)  # what the killed one had sent beside its last write
        call = Call.of(request.method, request.path, request.query.get("watch") == "true")
        self.calls[call.method if not call.watch else "WATCH", call.resource] += 1
        if call.watch:
            return await self._watch(request)
        self.writes += call.writes
        if call.writes and self.first_write_at is None:
            self.first_write_at = time.monotonic()
        kill = self._kill
        if kill and call.writes and self.writes >= kill.number:
            if kill.moment == "after" and self.writes == kill.number:
                await self._forward(request)
            return self._end_the_client(request, kill)
        fault = self._mischief.for_request(writes=call.writes)
        if fault is None:
            return await self._forward(request)
        self.faults[fault] += 1
        return await self._spoil(request, fault)

    def _end_the_client(self, request: web.Request, kill: Kill) -> web.Response:
        if not self._killed.is_set():
            assert self._runner.server is not None
            kill.kill()
            self._kill = None
            self._dead.update(self._runner.server.connections)
            self._killed.set()
        return _cut(request)

    async def _spoil(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        if fault in REFUSALS:
            return _refusal(fault)
        if fault in (Fault.CUT_AFTER, Fault.TIMEOUT_AFTER):
            await self._forward(request)
        if fault in (Fault.TIMEOUT_BEFORE, Fault.TIMEOUT_AFTER):
            await _until_given_up(request)
        return _cut(request)

    async def _forward(self, request: web.Request) -> web.Response:
        async with self._ask(request, await request.read()) as answer:
            return web.Response(
                status=answer.status, headers=_kept(answer.headers), body=await answer.read()
            )

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        fate = self._mischief.for_watch()
        async with self._ask(request, None) as answer:
            out = web.StreamResponse(status=answer.status, headers=_kept(answer.headers))
            await out.prepare(request)
            lines: asyncio.Queue[bytes | None] = asyncio.Queue()
            reader = asyncio.create_task(_read_lines(answer.content, lines))
            try:
                ended = await self._pass_on(lines, out, fate)
            finally:
                reader.cancel()
        if not ended and fate is not None:
            self.faults[fate.end] += 1
            if fate.end is WatchFault.SILENT:
                await _until_given_up(request, longest=600.0)
            return _cut(request, out)
        return out

    async def _pass_on(
        self,
        lines: "asyncio.Queue[bytes | None]",
        out: web.StreamResponse,
        fate: WatchFate | None,
    ) -> bool:
        """Passes events on until the watch ends by itself (True), or as its fate has it."""
        try:
            async with asyncio.timeout(fate.seconds if fate else None):
                while True:
                    batch = [await lines.get()]
                    delay = self._mischief.delay()
                    if delay:
                        self.faults[WatchFault.LATE] += 1
                        await asyncio.sleep(delay)
                    while not lines.empty():
                        batch.append(lines.get_nowait())
                    for line in batch:
                        if line is None:
                            return True
                        twice = self._mischief.duplicates()
                        self.faults[WatchFault.DUPLICATED] += twice
                        await out.write(line * 2 if twice else line)
        except TimeoutError:
            return False
        except ConnectionError:
            return True  # whoever watched has gone

    def _ask(self, request: web.Request, body: bytes | None) -> Any:
        headers = {k: v for k, v in request.headers.items() if k.lower() not in HOP_BY_HOP}
        return self._session.request(
            request.method,
            f"{self.upstream.url}{request.raw_path}",
            headers={**headers, **self.upstream.headers},
            data=body or None,
        )


def upstream_of(kubeconfig: Path, user: str) -> Upstream:
    """The API server of a kubeconfig that holds a certificate, in the name of a ServiceAccount."""
    config = yaml.safe_load(kubeconfig.read_text())
    cluster, client = config["clusters"][0]["cluster"], config["users"][0]["user"]
    context = tls.create_default_context(
        cadata=base64.b64decode(cluster["certificate-authority-data"]).decode()
    )
    with tempfile.NamedTemporaryFile(suffix=".pem") as pem:
        for part in ("client-certificate-data", "client-key-data"):
            pem.write(base64.b64decode(client[part]) + b"\n")
        pem.flush()
        context.load_cert_chain(pem.name)
    return Upstream(cluster["server"], context, {"Impersonate-User": user})


async def _read_lines(content: Any, lines: "asyncio.Queue[bytes | None]") -> None:
    """Whole lines, however long: a FlowRun may hold a megabyte."""
    rest = b""
    try:
        async for chunk in content.iter_any():
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                lines.put_nowait(line + b"\n")
    finally:
        lines.put_nowait(None)


async def _until_given_up(request: web.Request, longest: float = LONGEST_TIMEOUT_SECONDS) -> None:
    end = asyncio.get_running_loop().time() + longest
    while asyncio.get_running_loop().time() < end:
        if request.transport is None or request.transport.is_closing():
            return
        await asyncio.sleep(0.1)


def _refusal(fault: Fault) -> web.Response:
    code, reason, message = REFUSALS[fault]
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code}
    return web.Response(
        status=code,
        text=json.dumps({**body, "reason": reason, "message": f"{message} (injected)"}),
        content_type="application/json",
        headers={"Retry-After": "1"} if fault is Fault.THROTTLED else None,
    )


def _cut(request: web.Request, answer: web.StreamResponse | None = None) -> Any:
    if request.transport is not None:
        request.transport.abort()
    return answer or web.Response()


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {k: v for k, v in headers.items() if k.lower() not in HOP_BY_HOP}
