"""Tells when workers come and go, by the events that the scheduler keeps of them.

The scheduler's own subscription for this has room for one subscriber: the cluster's object.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flowlib.utilities.logging import get_logger

logger = get_logger("DaskExecutor")

Changed = Callable[[str, Any], Awaitable[None]]

#: Dask's topic of what happens to the cluster.
TOPIC = "all"


@contextmanager
def told(client: Any, changed: Changed) -> Iterator[None]:
    """Inside, ``changed(op, message)`` is called in the client's loop, first for all there are."""

    async def call(op: str, message: Any) -> None:
        try:
            await changed(op, message)
        # Somebody else's code, which must not end the events.
        except Exception:
            logger.exception("on_worker_status_changed failed")

    async def on_event(event: tuple[float, dict[str, Any]]) -> None:
        what = event[1]
        if what.get("action") == "add-worker":
            await call("add", {"workers": {what["worker"]: {}}})
        elif what.get("action") == "remove-worker":
            await call("remove", what["worker"])

    client.subscribe_topic(TOPIC, on_event)
    there = client.scheduler_info(n_workers=-1)["workers"]
    if there:
        asyncio.run_coroutine_threadsafe(
            call("add", {"workers": dict(there)}), client.loop.asyncio_loop
        )
    try:
        yield
    finally:
        if client.status == "running":
            client.unsubscribe_topic(TOPIC)
