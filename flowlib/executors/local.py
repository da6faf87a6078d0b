"""Runs everything in this thread, one row after the other: the engine without Dask."""

import math
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from flowlib.engine import chunk
from flowlib.engine.held import Chunk
from flowlib.engine.work import Claim, Report, TaskSpec
from flowlib.executors.base import Executor
from flowlib.executors.chunks_here import ChunksHere


class LocalExecutor(Executor):
    """In order, in this thread. Also the way to test a flow."""

    @contextmanager
    def start(self) -> Iterator[Any]:
        # A subclass that looks at what is submitted gets to see it.
        yield LocalSession() if type(self).submit is LocalExecutor.submit else None

    def submit(
        self, fn: Any, *args: Any, extra_context: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> Any:
        """Calls it here and now."""
        return fn(*args, **kwargs)

    def wait(self, futures: Any) -> Any:
        """Nothing is to be waited for."""
        return futures


class LocalSession(ChunksHere):
    """One flow run in this thread."""

    threads = 1
    window = 1
    box = math.inf

    def __init__(self) -> None:
        self._claims: deque[
            tuple[Sequence[TaskSpec], Claim, Sequence[list[Chunk]], list[Chunk]]
        ] = deque()

    def submit(
        self, specs: Sequence[TaskSpec], claim: Claim, inputs: Sequence[list[Chunk]]
    ) -> list[Chunk]:
        made: list[Chunk] = []
        self._claims.append((specs, claim, inputs, made))
        return made

    def next_report(self, timeout: float | None) -> Report | None:
        if not self._claims:
            return None
        specs, claim, inputs, made = self._claims.popleft()
        result, report = chunk.run(specs, claim, [chunks[0] for chunks in inputs])
        made.append(result)
        return report

    def wake(self) -> None:
        """Nothing to do: claims run inside next_report, and it never waits."""

    def stop(self, out: Mapping[int, list[Chunk]]) -> Collection[int]:
        return out
