"""LocalDaskExecutor: several tasks at a time on this machine, in threads or in processes."""

import concurrent.futures
import os
from collections.abc import Iterator, Mapping
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
        self._pool: concurrent.futures.Executor | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_pool": None}

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
        self._pool = pool
        try:
            with session:
                yield session
        finally:
            self._pool = None
            # A body that waits in C code cannot be taken out of its thread: it is waited for.
            pool.shutdown(wait=True, cancel_futures=True)

    def submit(
        self, fn: Any, *args: Any, extra_context: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> Any:
        """Has it called in the pool: a future. Futures among the arguments are waited for first."""
        args, kwargs = self.wait(args), self.wait(kwargs)
        if self._pool is None:
            return fn(*args, **kwargs)
        from flowlib.executors import pool_session

        if self.scheduler == "processes":
            call = pool_session.packed(fn, args, kwargs)
            return self._pool.submit(pool_session.call_packed, call)
        return self._pool.submit(fn, *args, **kwargs)

    def wait(self, futures: Any) -> Any:
        """The results in place of futures, also in lists, tuples and dicts."""
        if isinstance(futures, dict):
            return {key: self.wait(value) for key, value in futures.items()}
        if isinstance(futures, (list, tuple)):
            return type(futures)(map(self.wait, futures))
        return futures.result() if hasattr(futures, "add_done_callback") else futures
