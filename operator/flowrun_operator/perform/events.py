"""Emits Events. Telling must not delay doing: they go out beside the turns, in their order."""

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


class Emitter:
    """A queue of Events, and the task that sends them."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._backlog: asyncio.Queue[dict[str, Any]] = asyncio.Queue(BACKLOG)

    def emit(
        self,
        run: FlowRun,
        kind: Literal["Normal", "Warning"],
        reason: str,
        message: str,
    ) -> None:
        """Takes the Event and returns at once."""
        try:
            self._backlog.put_nowait(_event(run, kind, reason, message, datetime.now(UTC)))
        except asyncio.QueueFull:
            logger.warning("Event dropped, too many wait: %s %s", reason, run.metadata.name)

    async def run(self) -> None:
        """Sends until cancelled. An Event that is refused is lost: the status holds the story."""
        while True:
            event = await self._backlog.get()
            try:
                await self._api.create(EVENTS, event["metadata"]["namespace"], event)
            except Conflict:
                pass  # written by a try whose answer was lost: its name is its time
            except ApiError as error:
                logger.warning("Event not written: %s: %s", event["reason"], error)
            finally:
                self._backlog.task_done()

    async def drain(self) -> None:
        """Waits until all that was taken is sent."""
        await self._backlog.join()


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
