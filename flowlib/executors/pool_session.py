"""A flow run on a pool of threads or of processes: chunks come back to this process."""

import concurrent.futures
import functools
import queue
import sys
import threading
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any, Self

import cloudpickle

from flowlib.engine import chunk, guard, timeout
from flowlib.engine.held import Chunk
from flowlib.engine.position import Position
from flowlib.engine.work import Claim, Report, TaskSpec
from flowlib.executors import portable
from flowlib.executors.chunks_here import ChunksHere
from flowlib.executors.patience import patience
from flowlib.executors.protocol import WorkersLost

#: Seconds that a chunk may take before it hands the rest of its rows back.
BOX = 0.1


class PoolSession(ChunksHere):
    """What threads and processes have in common."""

    box = BOX

    def __init__(self, pool: concurrent.futures.Executor, threads: int) -> None:
        self._pool = pool
        self.threads = threads
        self.window = 2 * threads
        self._inbox: queue.SimpleQueue[Report | None] = queue.SimpleQueue()
        self._out: dict[int, Future[Any]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *raised: object) -> None:
        self.stop(dict.fromkeys(self._out))
        if kind is not None:
            self._interrupt()

    def _interrupt(self) -> None:
        """Somebody wants to leave now: what runs is to end."""

    def submit(
        self, specs: Sequence[TaskSpec], claim: Claim, inputs: Sequence[list[Chunk]]
    ) -> list[Chunk]:
        made: list[Chunk] = []
        future = self._begin(specs, claim, [chunks[0] for chunks in inputs])
        self._out[claim.number] = future
        future.add_done_callback(lambda done: self._ended(claim.number, made, done))
        return made

    def _begin(
        self, specs: Sequence[TaskSpec], claim: Claim, chunks: Sequence[Chunk]
    ) -> Future[Any]:
        raise NotImplementedError

    def _answer(self, future: Future[Any]) -> tuple[Chunk, Report]:
        answer: tuple[Chunk, Report] = future.result()
        return answer

    def _ended(self, number: int, made: list[Chunk], future: Future[Any]) -> None:
        self._out.pop(number, None)
        if future.cancelled():
            return
        try:
            result, report = self._answer(future)
        except BrokenProcessPool as exc:
            lost = WorkersLost("A process of the pool ended while it ran a task.")
            lost.__cause__ = exc
            report = Report(number, refused=lost)
        # Raised where the flow was run.
        except BaseException as exc:  # noqa: BLE001
            report = Report(number, refused=exc)
        else:
            made.append(result)
        self._inbox.put(report)

    def next_report(self, timeout: float | None) -> Report | None:
        try:
            return self._inbox.get(block=timeout != 0, timeout=timeout)
        except queue.Empty:
            return None

    def wake(self) -> None:
        self._inbox.put(None)

    def stop(self, out: Mapping[int, Any]) -> Collection[int]:
        futures = {number: self._out.get(number) for number in out}
        return [number for number, future in futures.items() if future and future.cancel()]


class ThreadSession(PoolSession):
    """In threads of this process."""

    def __init__(self, pool: concurrent.futures.Executor, threads: int) -> None:
        super().__init__(pool, threads)
        self._running: dict[Position, int] = {}

    def _begin(
        self, specs: Sequence[TaskSpec], claim: Claim, chunks: Sequence[Chunk]
    ) -> Future[Any]:
        return self._pool.submit(self._run, specs, claim, chunks)

    def _run(
        self, specs: Sequence[TaskSpec], claim: Claim, chunks: Sequence[Chunk]
    ) -> tuple[Chunk, Report]:
        position = chunk.position_of(claim)
        self._running[position] = threading.get_ident()
        try:
            with patience(claim, position, self._inbox.put):
                return chunk.run(specs, claim, chunks, guard.call, position)
        finally:
            del self._running[position]

    def _interrupt(self) -> None:
        for thread in tuple(self._running.values()):
            timeout.raise_in(thread, KeyboardInterrupt)

    def stop(self, out: Mapping[int, Any]) -> Collection[int]:
        gone = super().stop(out)
        for position in tuple(self._running):
            position.stop()
        return gone


class ProcessSession(PoolSession):
    """In processes, to which everything travels, and from which everything comes back."""

    def __init__(self, pool: concurrent.futures.Executor, threads: int) -> None:
        super().__init__(pool, threads)
        self._packed: dict[int, bytes] = {}

    def _interrupt(self) -> None:
        # Python 3.14 has kill_workers for this.
        for process in list((getattr(self._pool, "_processes", None) or {}).values()):
            process.terminate()

    def _begin(
        self, specs: Sequence[TaskSpec], claim: Claim, chunks: Sequence[Chunk]
    ) -> Future[Any]:
        for spec in specs:
            if spec.number not in self._packed:
                self._packed[spec.number] = cloudpickle.dumps(spec)
        packed = [self._packed[spec.number] for spec in specs]
        return self._pool.submit(run_packed, packed, cloudpickle.dumps((claim, list(chunks))))

    def _answer(self, future: Future[Any]) -> tuple[Chunk, Report]:
        answer: tuple[Chunk, Report] = cloudpickle.loads(future.result())
        return answer


#: Two flows of two threads may start processes in the same moment.
_STARTING = threading.Lock()


class _Process(SpawnProcess):
    """A fresh process, which does not run the main program again, as Python's own do.

    Nothing needs it there: what travels is pickled by value. And a program need not be guarded by
    ``if __name__ == "__main__"``.
    """

    @staticmethod
    def _Popen(process_obj: Any) -> Any:
        # Python looks these two names up to know the main program, while it starts the process.
        with _STARTING:
            main = vars(sys.modules["__main__"])
            known: dict[str, Any] = {n: main[n] for n in ("__spec__", "__file__") if n in main}
            main["__spec__"] = main["__file__"] = None
            try:
                return SpawnProcess._Popen(process_obj)
            finally:
                del main["__spec__"], main["__file__"]
                main.update(known)


class _Fresh(SpawnContext):
    Process = _Process


def process_pool(number: int) -> concurrent.futures.Executor:
    """Fresh processes: none takes over the threads and locks of this one."""
    return concurrent.futures.ProcessPoolExecutor(number, mp_context=_Fresh())


#: Specifications that a process keeps unpacked, for the claims to come.
_unpacked = functools.lru_cache(maxsize=4_096)(cloudpickle.loads)


def run_packed(packed_specs: Sequence[bytes], packed: bytes) -> bytes:
    """Runs a claim in a process of the pool."""
    specs = [_unpacked(its) for its in packed_specs]
    claim, chunks = cloudpickle.loads(packed)
    made, report = chunk.run(specs, claim, chunks, guard.call_contained)
    portable.failures(made, report)
    data, raised = guard.call(cloudpickle.dumps, (made, report))
    if raised is not None:
        portable.results(made, report)
        data = cloudpickle.dumps((made, report))
    answer: bytes = data
    return answer


def packed(fn: Any, args: Any, kwargs: Any) -> bytes:
    """A call that travels, lambdas too."""
    data: bytes = cloudpickle.dumps((fn, args, kwargs))
    return data


def call_packed(data: bytes) -> Any:
    """Makes the call in a process of the pool."""
    fn, args, kwargs = cloudpickle.loads(data)
    return fn(*args, **kwargs)
