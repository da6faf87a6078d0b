"""LocalDaskExecutor: several tasks at a time on this machine, in threads or in processes."""

import concurrent.futures
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flowlib.executors.base import Executor
from flowlib.executors.local import LocalSession

#: How Dask's local schedulers are called, and what else they are called.
SPELLINGS = {
    "threads": "threads",
    "threading": "threads",
    "processes": "processes",
    "multiprocessing": "processes",
    "sync": "synchronous",
    "synchronous": "synchronous",
    "single-threaded": "synchronous",
}


class LocalDaskExecutor(Executor):
    """``scheduler``: "threads" (default), "processes", or "synchronous": in this thread, in order.

    ``num_workers``, by default as many as there are cores, says how many run at a time. No Dask is
    needed for that, so Dask's other settings change nothing. Raises ValueError for another
    scheduler.
    """

    def __init__(self, scheduler: str = "threads", **dask_config: Any) -> None:
        wanted = SPELLINGS.get(str(scheduler).lower())
        if wanted is None:
            raise ValueError(
                f"There is no local scheduler {scheduler!r}: choose threads, processes or "
                "synchronous."
            )
        self.scheduler = wanted
        self.dask_config = dask_config

    @property
    def num_workers(self) -> int:
        """How many claims run at a time."""
        given = self.dask_config.get("num_workers")
        return int(given) if given else (os.cpu_count() or 1)

    @contextmanager
    def start(self) -> Iterator[Any]:
        if self.scheduler == "synchronous":
            yield LocalSession()
            return
        from flowlib.executors import pool_session  # brings cloudpickle

        pool: concurrent.futures.Executor
        session: pool_session.PoolSession
        if self.scheduler == "threads":
            pool = concurrent.futures.ThreadPoolExecutor(self.num_workers)
            session = pool_session.ThreadSession(pool, self.num_workers)
        else:
            pool = pool_session.process_pool(self.num_workers)
            session = pool_session.ProcessSession(pool, self.num_workers)
        try:
            with session:
                yield session
        finally:
            # What has begun is waited for: a body cannot be taken out of its thread.
            pool.shutdown(wait=True, cancel_futures=True)
