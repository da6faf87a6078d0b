"""Functions that people submit to a Dask cluster by themselves, beside the runs of flows."""

import concurrent.futures
import contextlib
import uuid
from collections.abc import Collection, Mapping
from typing import Any

from flowlib.executors.resources import resources

#: Dask's states of a task that a worker has begun, or ended.
BEGUN = frozenset({"processing", "memory", "erred"})


class Submitted:
    """The futures of one client, and what becomes of them at the end."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._futures: list[Any] = []

    def submit(
        self, fn: Any, args: Any, extra_context: Mapping[str, Any] | None, kwargs: Any
    ) -> Any:
        """A future; keys start with the task's name, and its tags name resources."""
        about = extra_context or {}
        parts = [about.get("task_name") or "flowlib", about.get("task_index"), uuid.uuid4().hex]
        future = self._client.submit(
            fn,
            *args,
            key="-".join(str(part) for part in parts if part is not None),
            pure=False,
            resources=resources(set(about.get("task_tags") or ())),
            **kwargs,
        )
        self._futures.append(future)
        return future

    def wait(self, futures: Any) -> Any:
        """The results in place of the futures."""
        return self._client.gather(futures)

    def end(self, *, waits: bool) -> None:
        """What has not begun never does; what has is waited for, if so."""
        import distributed

        left = [future for future in self._futures if not future.done()]
        if not left or self._client.status != "running":
            return
        lost = (OSError, TimeoutError, concurrent.futures.CancelledError)
        with contextlib.suppress(*lost), self._client.as_current():
            states = self._client.sync(self._states, [future.key for future in left])
            pending = [future for future in left if states[future.key] not in BEGUN]
            self._client.cancel(pending)
            begun = [future for future in left if states[future.key] in BEGUN]
            if waits and begun:
                distributed.wait(begun)

    async def _states(self, keys: Collection[str]) -> Any:
        return await self._client.scheduler.get_task_status(keys=list(keys))
