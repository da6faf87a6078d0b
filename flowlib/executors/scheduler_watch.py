"""Watches the Dask scheduler of a run: what its cluster is and uses, and whether it is there.

A client whose connection breaks goes on silently: it reconnects, even to another scheduler, and
its futures are cancelled. A run can only end then, and must not wait for ever.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

from flowlib.executors.usage import UsageMeter

#: Seconds between looks.
EVERY = 0.5
#: Seconds without an answer after which a scheduler counts as lost; a busy one may take some.
PATIENCE = 30.0


class SchedulerWatch:
    """A thread that asks the scheduler who it is, and calls ``lost`` once when it is gone."""

    def __init__(self, client: Any, lost: Callable[[str], None]) -> None:
        self._client = client
        self._lost = lost
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="scheduler-watch", daemon=True)
        self.threads = 0
        self.workers = 0
        self.meter = UsageMeter()
        self._identity: str | None = None
        self._address = client.scheduler.address

    def start(self) -> None:
        self.look()
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self.meter.stop()

    def _watch(self) -> None:
        answered = time.monotonic()
        while not self._stopped.wait(EVERY):
            said = self.look()
            if said is None:
                answered = time.monotonic()
            elif said or time.monotonic() - answered > PATIENCE:
                if not self._stopped.is_set():
                    self._lost(said or f"the scheduler at {self._address} does not answer")
                return

    def look(self) -> str | None:
        """None where all is well, words where the scheduler is lost, "" where it is unknown."""
        if self._client.status != "running":
            return f"the connection to the scheduler at {self._address} was closed"
        try:
            answer = self._client.sync(self._ask, callback_timeout=EVERY * 10)
        except (OSError, TimeoutError):
            # A broken connection shows in the client's status at the next look.
            return ""
        if answer is None:
            return ""
        identity, memory = answer
        if self._identity not in (None, identity["id"]):
            return f"the scheduler at {self._address} was replaced by another"
        self._identity = identity["id"]
        self.threads = identity["total_threads"]
        self.workers = identity["n_workers"]
        self.meter.tell(self.workers, memory)
        return None

    async def _ask(self) -> tuple[dict[str, Any], int] | None:
        scheduler = self._client.scheduler
        if scheduler is None:
            return None
        identity = await scheduler.identity(n_workers=0)
        # Dask adds up what its workers told; a series of one is the shortest way to ask for it.
        series = await scheduler.memory_sampler_start(
            client=self._client.id, measure="process", interval=EVERY
        )
        samples = await scheduler.memory_sampler_stop(key=series)
        return identity, max(memory for _, memory in samples)
