"""Emits Events. Telling must not delay doing: they go out beside the turns, a run's in order."""

import asyncio
import logging
from datetime import UTC, datetime
from typing import Any, Literal

from flowrun_operator.api.flowrun import API_VERSION, KIND, FlowRun
from flowrun_operator.perform.api import Api
from flowrun_operator.perform.errors import ApiError, Conflict
from flowrun_operator.perform.kinds import EVENTS

logger = logging.getLogger(__name__)

COMPONENT = "flowrun-operator"
#: More than this many untold Events are a storm, and the newest of a storm are let go.
BACKLOG = 10_000
#: Few senders fall behind the turns of a storm, whose 32 requests keep each of theirs waiting. One
#: request in four or five is an Event.
SENDERS = 12


class Emitter:
    """Queues of Events, and the tasks that send them: all of a run go by the same one."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._backlogs: list[asyncio.Queue[dict[str, Any]]] = [
            asyncio.Queue(BACKLOG // SENDERS) for _ in range(SENDERS)
        ]

    def emit(
        self,
        run: FlowRun,
        kind: Literal["Normal", "Warning"],
        reason: str,
        message: str,
    ) -> None:
        """Takes the Event and returns at once."""
        backlog = self._backlogs[hash(run.metadata.uid) % SENDERS]
        try:
            backlog.put_nowait(_event(run, kind, reason, message, datetime.now(UTC)))
        except asyncio.QueueFull:
            logger.warning("Event dropped, too many wait: %s %s", reason, run.metadata.name)

    async def run(self) -> None:
        """Sends until cancelled. An Event that is refused is lost: the status holds the story."""
        async with asyncio.TaskGroup() as senders:
            for backlog in self._backlogs:
                senders.create_task(self._send(backlog))

    async def drain(self) -> None:
        """Waits until all that was taken is sent."""
        for backlog in self._backlogs:
            await backlog.join()

    async def _send(self, backlog: "asyncio.Queue[dict[str, Any]]") -> None:
        while True:
            event = await backlog.get()
            try:
                await self._api.create(EVENTS, event["metadata"]["namespace"], event)
            except Conflict:
                pass  # written by a try whose answer was lost: its name is its time
            except ApiError as error:
                logger.warning("Event not written: %s: %s", event["reason"], error)
            finally:
                backlog.task_done()


def _event(
    run: FlowRun, kind: Literal["Normal", "Warning"], reason: str, message: str, now: datetime
) -> dict[str, Any]:
    meta = run.metadata
    # The name sorts by time: kubectl lists by name those that happened within one second.
    order = f"{int(now.timestamp() * 1_000_000):x}"
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{meta.name}.{order}.{reason.lower()}", "namespace": meta.namespace},
        "involvedObject": {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "namespace": meta.namespace,
            "name": meta.name,
            "uid": meta.uid,
        },
        "type": kind,
        "reason": reason,
        "message": message,
        "source": {"component": COMPONENT},
        "reportingComponent": COMPONENT,
        "firstTimestamp": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "lastTimestamp": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "count": 1,
    }
