"""A DaskExecutor for a cluster that is still coming up."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

from flowlib.executors import DaskExecutor
from flowlib.executors.dask_session import DaskSession
from flowlib.runner.versions import compare
from flowlib.utilities.logging import get_logger

#: Seconds between attempts to connect, and what each may take.
EVERY = 0.15
ATTEMPT = 1.0

logger = get_logger("runner")


class WaitingExecutor:
    """Waits for the scheduler, as long as it takes, and for so many workers; compares versions."""

    def __init__(
        self,
        address: str,
        min_ready_workers: int,
        connected: Callable[[DaskSession], None],
        ready: Callable[[], None],
    ) -> None:
        self._executor = DaskExecutor(address=address)
        self._address = address
        self._min_ready_workers = min_ready_workers
        self._connected = connected
        self._ready = ready

    def __repr__(self) -> str:
        return repr(self._executor)

    @contextmanager
    def start(self) -> Iterator[DaskSession]:
        with ExitStack() as stack:
            session = self._connect(stack)
            self._connected(session)
            logger.info("Waiting for %d workers", self._min_ready_workers)
            session.wait_for_workers(self._min_ready_workers)
            self._compare_versions(session)
            self._ready()
            yield session

    def _compare_versions(self, session: DaskSession) -> None:
        versions = session.versions()
        if not versions:
            logger.warning("Scheduler and workers did not say their versions in time")
        compare(versions)

    def _connect(self, stack: ExitStack) -> DaskSession:
        while True:
            # A plain connection first: Dask's own attempts grow further and further apart.
            if listens(self._address):
                try:
                    return stack.enter_context(self._executor.start())
                except OSError as exc:
                    logger.info("No answer from the scheduler yet: %s", exc)
            time.sleep(EVERY)


def listens(address: str) -> bool:
    """Whether somebody accepts connections at a Dask address."""
    place = urlsplit(address)
    try:
        with socket.create_connection((place.hostname or "", place.port or 8786), ATTEMPT):
            return True
    except OSError:
        return False
