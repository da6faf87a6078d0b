"""What the kubelet and Prometheus ask: alive, ready, metrics."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from aiohttp import web

from flowrun_operator.observe.echoes import Echoes

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
#: A turn waits at most for a few requests of 15 s.
LONGEST_TURN = 180.0
#: What we wrote comes back through the watch within moments; Kopf itself reconnects a silent one.
LONGEST_ECHO = 180.0
#: The election goes round about every two seconds, and each of its requests is bounded.
LONGEST_ROUND = 30.0


class Election(Protocol):
    """What is asked of this replica's side of the election."""

    @property
    def leads(self) -> bool: ...
    @property
    def silence(self) -> float: ...
    @property
    def error(self) -> str: ...


@dataclass
class Health:
    """Facts that the endpoints are answered from. That they answer shows that the loop runs."""

    clock: Callable[[], float]  # seconds, monotonic
    echoes: Echoes
    longest_turn: Callable[[], float]
    election: Election
    #: The rights are there, and every kind is served.
    listable: asyncio.Event = field(default_factory=asyncio.Event)
    listed: bool = False

    def fault(self) -> str:
        """Why the process should be ended; "" while it should not."""
        if self.longest_turn() > LONGEST_TURN:
            return f"a turn has been under way for {self.longest_turn():.0f} s"
        silent = self.echoes.silence(self.clock())
        if silent > LONGEST_ECHO:
            return f"the watch has not told of our own write for {silent:.0f} s"
        if self.election.silence > LONGEST_ROUND:
            return f"the election has not gone round for {self.election.silence:.0f} s"
        return ""

    def obstacle(self) -> str:
        """Why the process is not Ready; "" while it is.

        A standby is Ready when it could take over, or no rollout would get past it.
        """
        if self.election.leads:
            return "" if self.listed else "the watches are not listed yet"
        if self.election.error:
            return f"the Lease: {self.election.error}"
        return "" if self.listable.is_set() else "what is to be watched cannot be listed yet"


def application(health: Health, metrics: Callable[[], bytes]) -> web.Application:
    """/healthz, /readyz, /metrics."""

    async def healthz(_: web.Request) -> web.Response:
        fault = health.fault()
        return web.Response(text=fault or "ok", status=500 if fault else 200)

    async def readyz(_: web.Request) -> web.Response:
        obstacle = health.obstacle()
        text = obstacle or ("ready" if health.election.leads else "ready, as a standby")
        return web.Response(text=text, status=503 if obstacle else 200)

    async def exposition(_: web.Request) -> web.Response:
        return web.Response(body=metrics(), headers={"Content-Type": CONTENT_TYPE})

    app = web.Application()
    app.add_routes(
        [
            web.get("/healthz", healthz),
            web.get("/readyz", readyz),
            web.get("/metrics", exposition),
        ]
    )
    return app
