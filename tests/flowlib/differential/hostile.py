"""An executor on a Dask cluster in this process, at settings that nobody would choose."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import distributed

from flowlib.engine import fusion, sizing
from flowlib.executors import patience
from flowlib.executors.dask_session import DaskSession
from tests.flowlib.engine.test_hostile_session import Hostile

#: Seconds: a chunk ends almost as soon as it has begun.
BOX = 0.0001


class HostileDask:
    """One cluster for many flow runs.

    Its workers are threads of this process, so that what bodies do can be counted here; but they
    talk by TCP, so that everything that travels is packed.
    """

    def __init__(self, client: distributed.Client, *, single_rows: bool) -> None:
        self._client = client
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
            DaskSession(self._client) as session,
        ):
            yield session


class Losing:
    """An executor whose workers are lost again and again, with what they hold. No Dask."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    @contextmanager
    def start(self) -> Iterator[Hostile]:
        with patch.object(fusion, "LEAST_ROWS", 1):
            yield Hostile(self._seed)


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
