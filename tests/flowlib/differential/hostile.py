"""An executor on a Dask cluster in this process, at settings that nobody would choose."""

import contextlib
import logging
import os
import random
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import dask
import distributed

from flowlib.configuration import config
from flowlib.engine import fusion, sizing, values
from flowlib.executors import patience
from flowlib.executors.dask_session import DaskSession
from tests.flowlib.engine.hostile import Hostile

#: Seconds: a chunk ends almost as soon as it has begun.
BOX = 0.0001


class HostileDask:
    """One cluster for many flow runs.

    Its workers are threads of this process, so that what bodies do can be counted here; but they
    talk by TCP, so that everything that travels is packed.
    """

    def __init__(
        self,
        client: distributed.Client,
        *,
        single_rows: bool,
        sparing: random.Random | None = None,
    ) -> None:
        self._client = client
        self._sparing = sparing
        self._most = 1 if single_rows else sizing.MOST

    @contextmanager
    def start(self) -> Iterator[DaskSession]:
        with (
            patch.object(DaskSession, "box", BOX),
            # The watchdog looks at once, and so at every claim of more than one row.
            patch.object(patience, "OVERRUN", 0.0),
            patch.object(sizing, "MOST", self._most),
            # Rows of several tasks go together even where there are few.
            patch.object(fusion, "LEAST_ROWS", 1),
            _spare(self._sparing) if self._sparing else contextlib.nullcontext(),
            DaskSession(self._client) as session,
        ):
            yield session


class Losing:
    """An executor whose workers are lost again and again, with what they hold. No Dask."""

    def __init__(self, seed: int, *, sparing: random.Random | None = None) -> None:
        self._seed = seed
        self._sparing = sparing

    @contextmanager
    def start(self) -> Iterator[Hostile]:
        with (
            patch.object(fusion, "LEAST_ROWS", 1),
            _spare(self._sparing) if self._sparing else contextlib.nullcontext(),
        ):
            yield Hostile(self._seed)


@contextmanager
def _spare(rnd: random.Random) -> Iterator[None]:
    """Values are as large as can be: they stay where they are, and go as soon as they can.

    In some runs they are found so only when some have been made, together with others.
    """
    with (
        patch.object(config.engine, "gather_bytes", rnd.choice([-1, 0, 200])),
        patch.object(fusion, "LARGE_VALUE", rnd.choice([-1, fusion.LARGE_VALUE])),
        patch.object(values, "LARGE_PART", -1),
    ):
        yield


@contextmanager
def cluster() -> Iterator[distributed.Client]:
    """A cluster of two workers with a thread each."""
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=False,
            protocol="tcp",
            dashboard_address=":0",
            silence_logs=logging.CRITICAL,
        ) as made,
        distributed.Client(made, set_as_default=False) as client,
    ):
        yield client


@contextmanager
def dying_cluster(rnd: random.Random) -> Iterator[tuple[distributed.Client, list[int]]]:
    """A cluster of processes, of which one is killed whenever all are there, and comes again.

    The processes that were killed are told.
    """
    settings = {
        # However often a claim was hit by chance: it is not to blame.
        "distributed.scheduler.allowed-failures": 1_000,
        # The cluster does not give up a worker that takes a while to come again.
        "distributed.deploy.lost-worker-timeout": "1h",
    }
    with (
        dask.config.set(settings),
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=":0",
            silence_logs=logging.CRITICAL,
        ) as made,
        distributed.Client(made, set_as_default=False) as client,
    ):
        over, killed = threading.Event(), list[int]()

        def kill() -> None:
            while not over.wait(rnd.uniform(0.2, 0.8)):
                if len(made.scheduler.workers) < len(made.workers):
                    continue  # one that is killed while it starts does not come again
                process = rnd.choice(list(made.workers.values())).process
                if process is not None and process.pid is not None:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(process.pid, signal.SIGKILL)
                        killed.append(process.pid)

        killer = threading.Thread(target=kill, daemon=True)
        killer.start()
        try:
            yield client, killed
        finally:
            over.set()
            killer.join()
