"""Starts the operator: the health server first, then the Lease, then the queues, then Kopf."""

import asyncio
import contextlib
import gc
import logging
import os
import random
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime
from functools import partial
from typing import Any

import kopf
from aiohttp import web
from prometheus_client import Gauge

from flowrun_operator import handlers, lists
from flowrun_operator.admissions import Admissions
from flowrun_operator.aside import Aside
from flowrun_operator.health import Health, application
from flowrun_operator.observe.echoes import Echoes
from flowrun_operator.observe.indices import Indices
from flowrun_operator.observe.key import RunKey
from flowrun_operator.observe.memory import Memories
from flowrun_operator.observe.pull import Puller
from flowrun_operator.perform.api import PAUSES, Api
from flowrun_operator.perform.connect import NoCredentials, configuration, credentials
from flowrun_operator.perform.errors import ApiError, Unavailable
from flowrun_operator.perform.events import Emitter
from flowrun_operator.perform.lease import REQUEST_SECONDS, Elector, LeaseLost
from flowrun_operator.perform.pace import Pace
from flowrun_operator.perform.probe import NotServed, anything_to_list
from flowrun_operator.process import Process
from flowrun_operator.pulls import Pulls
from flowrun_operator.queue import Queue
from flowrun_operator.reconcile import Reconciler
from flowrun_operator.report.metrics import Metrics

logger = logging.getLogger("flowrun_operator")

TURNS_AT_ONCE = 32
#: Of all turns together. An API server on two cores answers 450 creates or 620 GETs a second, 32 at
#: once: a storm of runs leaves it a share for everybody else, and is hardly slower for it.
REQUESTS_PER_SECOND, BURST = 400.0, 400
RESYNC_SECONDS = 300.0
#: The API server takes JSON of 10,000 levels. A watch that cannot read one FlowRun's parameters
#: would hear of no other FlowRun any more.
RECURSION_LIMIT = 40_000
#: Objects made until Python looks for cycles among the youngest, so many such rounds until it looks
#: further, and so many of these until it looks everywhere. With its own 700 the search took half of
#: the processor's time in a storm of 1,000 runs: what a watch tells is many small objects that live
#: for a moment. With its own 10 and 10 what waits to be found takes 7 MB more in that storm.
GC_THRESHOLD = (10_000, 3, 1)
LOG_FORMAT = "time=%(asctime)s.%(msecs)03dZ level=%(levelname)s logger=%(name)s %(message)s"


class Operator:
    """All parts, put together. Nothing moves until ``run``."""

    def __init__(
        self, api: Api, metrics: Metrics, puller: Puller, process: Process, elector: Elector
    ) -> None:
        self._namespaces = process.namespaces
        self._kubeconfig = process.kubeconfig
        self._indices = Indices()
        self._memories = Memories()
        self._emitter = Emitter(api)
        self._turns: Queue[RunKey] = Queue(self._turn, at_once=TURNS_AT_ONCE)
        echoes = Echoes()
        self.health = Health(
            clock=asyncio.get_running_loop().time,
            echoes=echoes,
            longest_turn=lambda: max(
                queue.longest_turn
                for queue in (self._turns, self._pulls.queue, self._admissions.queue)
            ),
            election=elector,
        )
        self._pulls = Pulls(
            puller=puller,
            indices=self._indices,
            memories=self._memories,
            metrics=metrics,
            clock=_now,
            wake=self._turns.add,
        )
        self._admissions = Admissions(api=api, indices=self._indices, wake=self._turns.add)
        self._reconciler = Reconciler(
            api=api,
            indices=self._indices,
            memories=self._memories,
            settings=process.settings,
            emitter=self._emitter,
            metrics=metrics,
            clock=_now,
            after_turn=self._pulls.follow,
            echoes=echoes,
        )
        metrics.read_at_scrape(self._indices.phases, self._depths)

    async def run(self) -> None:
        """Acts until a signal stops Kopf, or until a part of it fails."""
        registry = handlers.registry(
            started=self._indices.attach,
            enqueue=self._enqueue,
            heard=self.health.echoes.heard,
            group_changed=self._admissions.queue.add,
            login=partial(credentials, self._kubeconfig),
        )
        # Begun before Kopf, which at its end waits for every task that is younger than itself.
        parts = [
            _begin("turns", self._turns.run()),
            _begin("pulls", self._pulls.queue.run()),
            _begin("admissions", self._admissions.queue.run()),
            _begin("events", self._emitter.run()),
            _begin("resync", self._resync()),
        ]
        await asyncio.sleep(0)
        lists.wake_once()
        watches = _begin(
            "watches",
            kopf.operator(
                registry=registry,
                settings=handlers.settings(),
                standalone=True,
                clusterwide=not self._namespaces,
                namespaces=self._namespaces,
            ),
        )
        try:
            await _first_end(watches, *parts)
        finally:
            # Not by a stop flag: Kopf would spend 5 s at its end on the task that waits for it.
            watches.cancel()
            await asyncio.wait([watches])
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._emitter.drain(), 2.0)
            await _end(*parts)

    async def stand_for(self, acquire: Callable[[], Awaitable[None]]) -> None:
        """Returns when this replica leads. One that could not serve does not take the Lease."""
        await self.health.listable.wait()
        await acquire()

    async def become_ready(self, api: Api) -> None:
        """A standby is Ready when all that is watched can be listed, a leader when it is listed.

        Where there is nothing to list, no event will tell that everything is listed.
        """
        said = ""
        while not self.health.listed:
            try:
                if self.health.election.leads or not self.health.listable.is_set():
                    found = await anything_to_list(api, self._namespaces)
                    self.health.listable.set()
                    if self.health.election.leads and not found:
                        self.health.listed = True
            except ApiError as error:
                if str(error) != said:
                    logger.error("not ready: %s", error)
                said = str(error)
            await asyncio.sleep(1.0)
        logger.info("ready")
        await asyncio.Event().wait()

    async def _turn(self, key: RunKey) -> float | None:
        return await self._reconciler.turn(key)

    def _enqueue(self, key: RunKey) -> None:
        self.health.listed = True  # Kopf lists every kind before it hands out the first event
        self._turns.add(key)

    def _depths(self) -> dict[str, int]:
        return {
            "turns": self._turns.depth,
            "pulls": self._pulls.queue.depth,
            "admissions": self._admissions.queue.depth,
        }

    async def _resync(self) -> None:
        """Slowly gives every run a turn that trusts no index, spread over the interval."""
        while True:
            await asyncio.sleep(RESYNC_SECONDS)
            for key in self._indices.all_keys():
                self._reconciler.doubt(key)
                self._turns.add(key, random.uniform(0, RESYNC_SECONDS / 2))


async def operate(process: Process) -> None:
    """The whole process. Raises NoCredentials, and NotServed where a CRD is missing."""
    metrics = Metrics()
    clock = time.monotonic
    place = await configuration(process.kubeconfig)
    own = Api(place, metrics.count_api_error, timeout=REQUEST_SECONDS)
    # A thread and a client of its own: a renewal never waits behind the turns.
    aside = Aside("election")
    lease_api = await aside.run(_lease_api(process, metrics))
    elector = Elector(lease_api, process.lease, clock=clock, now=partial(datetime.now, UTC))
    pace = Pace(per_second=REQUESTS_PER_SECOND, burst=BURST, clock=clock)
    admit = partial(_admit, pace, elector)
    api = Api(place, metrics.count_api_error, admit=admit, pauses=PAUSES)
    puller = Puller()
    operator = Operator(api, metrics, puller, process, elector)
    leader = Gauge(
        "flowrun_leader", "1 where this replica holds the Lease.", registry=metrics.registry
    )
    leader.set_function(lambda: elector.leads)
    server = web.AppRunner(application(operator.health, metrics.exposition), access_log=None)
    async with contextlib.AsyncExitStack() as closing:
        closing.callback(aside.close)
        closing.push_async_callback(lambda: aside.run(lease_api.close()))
        closing.push_async_callback(own.close)
        closing.push_async_callback(api.close)
        closing.push_async_callback(puller.close)
        await server.setup()
        closing.push_async_callback(server.cleanup)
        await web.TCPSite(server, port=process.port).start()
        readiness = _begin("readiness", operator.become_ready(own))
        closing.push_async_callback(_end, readiness)
        # Also of what was taken a moment ago.
        closing.push_async_callback(lambda: aside.run(elector.release()))
        election = _begin("election", operator.stand_for(lambda: aside.run(elector.acquire())))
        closing.push_async_callback(_end, election)
        await _first_end(readiness, election)
        lease = _begin("lease", aside.run(hold(elector)))
        closing.push_async_callback(_end, lease)
        acting = _begin("operator", operator.run())
        closing.push_async_callback(_end, acting)
        await _first_end(readiness, lease, acting)


async def _lease_api(process: Process, metrics: Metrics) -> Api:
    """A client belongs to the loop that it is made on."""
    place = await configuration(process.kubeconfig)
    return Api(place, metrics.count_api_error, timeout=REQUEST_SECONDS)


async def hold(elector: Elector) -> None:
    """Ends the process with the Lease, at once: a replica that took over may be acting already."""
    try:
        await elector.keep()
    except LeaseLost as lost:
        logger.critical("the Lease is lost: %s", lost)
        logging.shutdown()
        os._exit(1)


async def _admit(pace: Pace, elector: Elector) -> None:
    """Before each request of a turn; a process that was stopped and goes on must not write."""
    await pace.turn()
    if not elector.leads:
        raise Unavailable("this replica does not hold the Lease")


def main() -> None:
    """The process's entry point."""
    logging.basicConfig(
        level=logging.INFO, format=LOG_FORMAT, datefmt="%Y-%m-%dT%H:%M:%S", stream=sys.stdout
    )
    logging.getLogger("kopf").setLevel(logging.WARNING)
    sys.setrecursionlimit(RECURSION_LIMIT)
    gc.freeze()  # modules and classes stay, and are not looked through any more
    gc.set_threshold(*GC_THRESHOLD)
    try:
        process = Process.from_environment(os.environ)
    except ValueError as error:
        sys.exit(f"flowrun-operator: {error}")
    try:
        asyncio.run(_until_stopped(operate(process)))
    except (NoCredentials, NotServed) as error:
        sys.exit(f"flowrun-operator: {error}")


async def _until_stopped(work: Coroutine[Any, Any, None]) -> None:
    """Cancels it at SIGTERM, which ends no first process of a container; Kopf has its own way."""
    task = asyncio.create_task(work)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _now() -> datetime:
    """Whole seconds, as all of Kubernetes' times are."""
    return datetime.now(UTC).replace(microsecond=0)


def _begin(name: str, part: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    return asyncio.create_task(part, name=name)


async def _end(*tasks: asyncio.Task[None]) -> None:
    """Cancels them and waits until they are at their end."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _first_end(*tasks: asyncio.Task[None]) -> None:
    """Waits for the first task that ends, and raises what it raised."""
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()
