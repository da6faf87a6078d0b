"""A cluster in virtual time: rows take what they are told to take, and messages their way.

No Dask and no clock, so that how long a run takes is a number that is the same each time.
"""

import heapq
import itertools
import math
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from flowlib.engine import chunk
from flowlib.engine import rows as row_ranges
from flowlib.engine.held import Chunk
from flowlib.engine.work import Claim, Report, TaskSpec
from tests.flowlib.engine.hostile import Limited

#: Seconds that a message takes from one process to another.
MESSAGE = 0.001
#: Seconds that the scheduler is busy with a claim.
BUSY = 0.0007
#: Dask's default: so many tasks for each thread are sent to a worker ahead of the others.
SATURATION = 1.1


@dataclass
class Out:
    specs: Sequence[TaskSpec]
    claim: Claim
    seconds: float = 0.0
    done: int = 0
    made: Chunk = field(default_factory=Chunk)


@dataclass
class Worker:
    free: int
    #: Claims that it has or will have in a moment.
    slots: int = 0
    waiting: deque[Out] = field(default_factory=deque)


class Virtual:
    """Executor and session in one. Each claim has one part."""

    box = 0.2

    def __init__(self, workers: int, threads: int, seconds: Callable[[int], float]) -> None:
        """seconds: what the body of each row takes."""
        self.threads = workers * threads
        self.window = 2 * self.threads
        self.now = 0.0
        self._seconds = seconds
        self._workers = [Worker(threads) for _ in range(workers)]
        self._most = math.ceil(SATURATION * threads)
        self._queued: deque[Out] = deque()
        self._scheduler_free = 0.0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._number = itertools.count()
        self._ended: deque[Out] = deque()

    @contextmanager
    def start(self) -> Iterator["Virtual"]:
        yield self

    def submit(self, specs: Sequence[TaskSpec], claim: Claim, inputs: Sequence[Any]) -> Out:
        out = Out(specs, claim)
        self._scheduler_free = max(self._scheduler_free, self.now + MESSAGE) + BUSY
        self._at(self._scheduler_free, lambda: self._arrived(out))
        return out

    def next_report(self, timeout: float | None) -> Report | None:
        while not self._ended:
            if not self._events or (timeout == 0 and self._events[0][0] > self.now):
                return None
            self.now, _, happens = heapq.heappop(self._events)
            happens()
        out = self._ended.popleft()
        position = Limited(1, out.done)
        out.made, report = chunk.run(out.specs, out.claim, (), position=position)
        return replace(report, landed=[replace(report.landed[0], seconds=out.seconds)])

    def wake(self) -> None:
        """It never waits."""

    def stop(self, out: Mapping[int, Out]) -> Collection[int]:
        return ()

    def narrow(self, handle: Out, parts: Collection[int]) -> Out:
        return handle

    def fetch(self, handles: Sequence[Out]) -> list[Chunk]:
        return [out.made for out in handles]

    def apply(self, function: Callable[..., Any], handles: Sequence[Out]) -> Any:
        return function(*self.fetch(handles))

    def _at(self, when: float, happens: Callable[[], None]) -> None:
        heapq.heappush(self._events, (when, next(self._number), happens))

    def _arrived(self, out: Out) -> None:
        self._queued.append(out)
        self._assign()

    def _assign(self) -> None:
        while self._queued:
            worker = min(self._workers, key=lambda worker: worker.slots)
            if worker.slots >= self._most:
                return
            worker.slots += 1
            out = self._queued.popleft()

            def arrives(worker: Worker = worker, out: Out = out) -> None:
                worker.waiting.append(out)
                self._begin(worker)

            self._at(self.now + MESSAGE, arrives)

    def _begin(self, worker: Worker) -> None:
        while worker.waiting and worker.free:
            worker.free -= 1
            out = worker.waiting.popleft()
            for row in row_ranges.each(out.claim.parts[0].rows):
                if out.done and out.seconds >= self.box:
                    break
                out.seconds += self._seconds(row)
                out.done += 1

            def ends(worker: Worker = worker, out: Out = out) -> None:
                worker.free += 1
                self._begin(worker)
                self._at(self.now + MESSAGE, lambda: self._told(worker, out))

            self._at(self.now + out.seconds, ends)

    def _told(self, worker: Worker, out: Out) -> None:
        self._ended.append(out)
        worker.slots -= 1
        self._assign()
