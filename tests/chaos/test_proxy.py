"""Each fault really happens: these tests fail where the proxy only says so."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest
from aiohttp import ClientConnectionError, ClientPayloadError, ClientSession, ClientTimeout, web

from tests.chaos.mischief import Fault, Mischief, WatchFate, WatchFault
from tests.chaos.proxy import Call, Kill, Proxy, Upstream

PODS = "/api/v1/namespaces/here/pods"
EVENTS = "/api/v1/namespaces/here/events"


class Server:
    """Stands for the API server: remembers what reached it, and shows four events to a watch."""

    def __init__(self) -> None:
        self.reached: list[str] = []

    async def serve(self, request: web.Request) -> web.StreamResponse:
        if request.query.get("watch") != "true":
            self.reached.append(f"{request.method} {await request.text()}")
            return web.json_response({"did": request.method}, status=201)
        out = web.StreamResponse()
        await out.prepare(request)
        for number in range(4):
            await out.write(b'{"event": %d}\n' % number)
            await asyncio.sleep(0.1)
        return out


@pytest.fixture
async def server() -> AsyncIterator[tuple[Server, str]]:
    found = Server()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", found.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    yield found, f"http://{host}:{port}"
    await runner.cleanup()


@pytest.fixture
def proxy(server: tuple[Server, str]) -> Iterator[Proxy]:
    with Proxy(Upstream(server[1])) as found:
        yield found


@pytest.fixture
async def client(proxy: Proxy) -> AsyncIterator[ClientSession]:
    timeout = ClientTimeout(total=1.0)
    async with ClientSession(proxy.url, timeout=timeout) as session:
        yield session


def always(fault: Fault) -> Mischief:
    """This fault, for every request."""
    return Mischief(share=1.0, weights={fault: 1})


@pytest.mark.parametrize(
    ("path", "resource"),
    [
        ("/api/v1/namespaces/here/pods", "pods"),
        ("/api/v1/namespaces/here/pods/a", "pods"),
        ("/api/v1/pods", "pods"),
        ("/api/v1/namespaces/here", "namespaces"),
        ("/apis/flowrun.dev/v1alpha1/namespaces/here/flowruns/a/status", "flowruns/status"),
        ("/apis/kubernetes.dask.org/v1/daskclusters", "daskclusters"),
    ],
)
def test_a_call_is_named_by_its_resource(path: str, resource: str) -> None:
    assert Call.of("GET", path, watch=False).resource == resource


@pytest.mark.parametrize(
    ("method", "path", "writes"),
    [
        ("GET", PODS, False),
        ("POST", PODS, True),
        ("PATCH", f"{PODS}/a", True),
        ("POST", EVENTS, False),
    ],
)
def test_every_change_but_an_event_is_a_write(method: str, path: str, writes: bool) -> None:
    assert Call.of(method, path, watch=False).writes is writes


async def test_without_mischief_all_passes_and_is_counted(
    server: tuple[Server, str], proxy: Proxy, client: ClientSession
) -> None:
    answer = await client.post(PODS, data="a pod")
    assert (answer.status, await answer.json()) == (201, {"did": "POST"})
    await client.get(PODS)
    assert server[0].reached == ["POST a pod", "GET "]
    assert proxy.calls == Counter({("POST", "pods"): 1, ("GET", "pods"): 1})
    assert (proxy.writes, proxy.faults) == (1, Counter())


@pytest.mark.parametrize(
    ("fault", "status"),
    [(Fault.CONFLICT, 409), (Fault.THROTTLED, 429), (Fault.ERROR, 500), (Fault.UNAVAILABLE, 503)],
)
async def test_a_refusal_is_answered_and_nothing_is_done(
    server: tuple[Server, str], proxy: Proxy, client: ClientSession, fault: Fault, status: int
) -> None:
    proxy.count_anew(always(fault))
    answer = await client.post(PODS, data="a pod")
    assert answer.status == (await answer.json())["code"] == status
    assert answer.headers.get("Retry-After") == ("1" if status == 429 else None)
    assert server[0].reached == []
    assert proxy.faults == Counter({fault: 1})


async def test_a_read_meets_no_conflict(proxy: Proxy, client: ClientSession) -> None:
    proxy.count_anew(always(Fault.CONFLICT))
    assert (await client.get(PODS)).status == 503


@pytest.mark.parametrize(
    ("fault", "error", "reached"),
    [
        (Fault.CUT_BEFORE, ClientConnectionError, []),
        (Fault.CUT_AFTER, ClientConnectionError, ["POST a pod"]),
        (Fault.TIMEOUT_BEFORE, TimeoutError, []),
        (Fault.TIMEOUT_AFTER, TimeoutError, ["POST a pod"]),
    ],
)
async def test_no_answer_comes_and_the_request_was_obeyed_or_not(
    server: tuple[Server, str],
    proxy: Proxy,
    client: ClientSession,
    fault: Fault,
    error: type[Exception],
    reached: list[str],
) -> None:
    proxy.count_anew(always(fault))
    with pytest.raises(error):
        await client.post(PODS, data="a pod")
    assert server[0].reached == reached


class Fated(Mischief):
    """Does to a watch what a test says."""

    def __init__(self, fate: WatchFate | None, *, delay: float = 0.0, twice: bool = False) -> None:
        super().__init__()
        self._fate, self._delay, self._twice = fate, delay, twice

    def for_watch(self) -> WatchFate | None:
        return self._fate

    def delay(self) -> float:
        return self._delay

    def duplicates(self) -> bool:
        return self._twice


async def watch(client: ClientSession) -> list[bytes]:
    """The events until the watch ends."""
    async with client.get(PODS, params={"watch": "true"}) as answer:
        return [line async for line in answer.content]


async def test_a_watch_is_passed_on(proxy: Proxy, client: ClientSession) -> None:
    assert await watch(client) == [b'{"event": %d}\n' % number for number in range(4)]
    assert proxy.calls == Counter({("WATCH", "pods"): 1})


async def test_a_watch_is_cut(proxy: Proxy, client: ClientSession) -> None:
    proxy.count_anew(Fated(WatchFate(0.15, WatchFault.CUT)))
    with pytest.raises((ClientPayloadError, ClientConnectionError)):
        await watch(client)
    assert proxy.faults == Counter({WatchFault.CUT: 1})


async def test_a_silent_watch_stays_open_and_says_nothing(
    proxy: Proxy, client: ClientSession
) -> None:
    proxy.count_anew(Fated(WatchFate(0.15, WatchFault.SILENT)))
    seen = []

    async def watch_on() -> None:
        async with client.get(PODS, params={"watch": "true"}) as answer:
            async for line in answer.content:
                seen.append(line)

    with pytest.raises(TimeoutError):  # the client's own second, long after the fourth event
        await watch_on()
    assert 0 < len(seen) < 4


async def test_events_come_twice(proxy: Proxy, client: ClientSession) -> None:
    proxy.count_anew(Fated(None, twice=True))
    assert (await watch(client))[:4] == [b'{"event": 0}\n'] * 2 + [b'{"event": 1}\n'] * 2
    assert proxy.faults == Counter({WatchFault.DUPLICATED: 4})


async def test_events_come_late(proxy: Proxy, client: ClientSession) -> None:
    proxy.count_anew(Fated(None, delay=0.3))
    start = time.monotonic()
    async with client.get(PODS, params={"watch": "true"}) as answer:
        assert await answer.content.readline() == b'{"event": 0}\n'
        assert time.monotonic() - start >= 0.3


@pytest.mark.parametrize(("moment", "reached"), [("before", ["1"]), ("after", ["1", "2"])])
async def test_the_kill_comes_before_or_after_the_nth_write(
    server: tuple[Server, str], proxy: Proxy, client: ClientSession, moment: str, reached: list[str]
) -> None:
    killed: list[str] = []
    proxy.count_anew(kill=Kill(2, moment, lambda: killed.append("now")))  # type: ignore[arg-type]
    await client.post(PODS, data="1")
    await client.post(EVENTS, data="an Event, which is no write")
    assert not proxy.until_killed(0)
    with pytest.raises(aiohttp.ClientError):
        await client.post(PODS, data="2")
    assert killed == ["now"]
    assert proxy.until_killed(0)
    assert [said[-1] for said in server[0].reached if said[-1].isdigit()] == reached


async def test_nothing_that_the_killed_one_sent_beside_passes_but_its_successor_does(
    server: tuple[Server, str], proxy: Proxy, client: ClientSession
) -> None:
    proxy.count_anew(kill=Kill(1, "before", lambda: time.sleep(0.2)))
    beside = [asyncio.create_task(client.post(PODS, data=number)) for number in "12"]
    ended = await asyncio.gather(*beside, return_exceptions=True)
    assert all(isinstance(each, aiohttp.ClientError) for each in ended), ended
    assert server[0].reached == []
    async with ClientSession(proxy.url) as successor:
        assert (await successor.post(PODS, data="3")).status == 201


def test_a_seed_gives_the_same_faults_again() -> None:
    def drawn(seed: int) -> list[object]:
        some = Mischief(seed, 0.2)
        return [some.for_request(writes=True) for _ in range(500)] + [some.for_watch()]

    assert drawn(7) == drawn(7) != drawn(8)


def test_every_fault_is_drawn_in_its_share() -> None:
    some = Mischief(1, 0.2)
    drawn = Counter(some.for_request(writes=True) for _ in range(5000))
    assert set(drawn) == {None, *Fault}
    assert 0.17 < 1 - drawn[None] / 5000 < 0.23


def test_no_share_is_no_mischief() -> None:
    some = Mischief(1, 0.0)
    assert {some.for_request(writes=True) for _ in range(100)} == {None}
    assert (some.for_watch(), some.delay(), some.duplicates()) == (None, 0.0, False)
