"""One flow run on a Dask cluster: claims become Dask tasks, reports come back as events.

A report is an event that the worker logs just before its chunk is finished: it comes sooner and
costs less than a second task would, and the chunk itself stays on the worker. The future of a
chunk is watched for errors only.
"""

import asyncio
import concurrent.futures
import contextlib
import queue
import time
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import cloudpickle
import distributed

from flowlib.engine.held import Chunk
from flowlib.engine.work import Claim, Report, TaskSpec
from flowlib.executors import dask_worker
from flowlib.executors.protocol import ExecutorLost, WorkersLost
from flowlib.executors.resources import resources
from flowlib.executors.scheduler_watch import SchedulerWatch
from flowlib.executors.usage import Usage

#: Seconds that a chunk may take before it hands the rest of its rows back. Decision 0066.
BOX = 0.2
#: Claims out for each thread: one runs, one waits at the worker.
CLAIMS_PER_THREAD = 2
#: An adaptive cluster grows when it sees more work queued than distributed.adaptive's
#: target-duration, 5 s: this is 8 s.
ADAPTIVE_CLAIMS_PER_THREAD = 40
#: Seconds to wait for the versions of all workers.
ANSWERING = 10.0
#: Seconds to tell all workers that a run is to stop.
TELLING = 1.0
#: Dask's states of a task that a worker has, or had: its report has come or will come.
BEGUN = frozenset({"processing", "memory", "erred"})
#: Seconds between messages to the scheduler, as between a worker's. Dask's client collects for
#: 10 ms what comes after a first one, and a claim that follows a report would wait as long.
COLLECTING = 0.002
#: A specification larger than this is sent once, and not with each claim.
LARGE = 100_000


@dataclass(frozen=True, slots=True)
class _Ended:
    """The future of a claim is done."""

    claim: int
    error: BaseException | None


@dataclass(frozen=True, slots=True)
class _Lost:
    """The scheduler is gone."""

    message: str


class DaskSession:
    """Values stay on the workers; handles are futures."""

    box = BOX

    def __init__(self, client: Any, *, adaptive: bool = False, temporary: bool = False) -> None:
        self._client = client
        #: The cluster ends with this run, and whatever runs there with it.
        self._temporary = temporary
        self._out: dict[int, Any] = {}
        self._told_to_stop = False
        self._per_thread = ADAPTIVE_CLAIMS_PER_THREAD if adaptive else CLAIMS_PER_THREAD
        self._run = uuid.uuid4().hex[:8]
        self._topic = f"flowlib-{self._run}"
        self._inbox: queue.SimpleQueue[bytes | _Ended | _Lost | None] = queue.SimpleQueue()
        self._reported: set[int] = set()
        self._specs: dict[int, Any] = {}
        self._watch = SchedulerWatch(client, lambda said: self._inbox.put(_Lost(said)))
        self._lost: str | None = None

    def __enter__(self) -> Self:
        if self._client.scheduler_comm is not None:
            self._client.scheduler_comm.interval = COLLECTING
        self._client.subscribe_topic(self._topic, self._on_event)
        self._watch.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *raised: object) -> None:
        # Who was to stop, and leaves before that is done, does not want to wait.
        waits = not (self._temporary or self._told_to_stop)
        if kind is not None and waits and self._client.status == "running":
            self._leave()
        self._watch.stop()
        if self._client.status == "running":
            self._client.unsubscribe_topic(self._topic)
            if waits:
                self._forget_events()

    def _forget_events(self) -> None:
        """The scheduler would keep what was reported for as long as it lives."""

        async def forget() -> None:
            await self._client.run_on_scheduler(_forget, topic=self._topic)

        with contextlib.suppress(OSError, TimeoutError):
            self._client.sync(forget, callback_timeout=TELLING)

    def _leave(self) -> None:
        """Before the end: what has begun is waited for, and nothing else begins."""
        out = dict(self._out)
        gone = set(self.stop(out))
        self._client.cancel([out[number] for number in gone])
        begun = [future for number, future in out.items() if number not in gone]
        lost = (OSError, TimeoutError, concurrent.futures.CancelledError)
        with contextlib.suppress(*lost), self._client.as_current():
            distributed.wait(begun)

    @property
    def workers(self) -> int:
        """How many workers the scheduler knows."""
        return self._watch.workers

    @property
    def usage(self) -> Usage:
        """What the workers used since the scheduler was reached."""
        return self._watch.meter.read()

    def wait_for_workers(self, number: int) -> None:
        """Returns when the scheduler knows so many. Raises ExecutorLost."""
        while self.workers < number:
            time.sleep(0.1)
            self._watch.look()
            if not self._inbox.empty():
                # Nothing was given out, so it is the news that the scheduler is lost.
                self.next_report(0)

    def versions(self) -> dict[str, dict[str, str | None]]:
        """Versions of packages, of "runner", "scheduler" and of each worker that answers."""
        try:
            told = self._client.sync(self._versions, callback_timeout=ANSWERING)
        except (OSError, TimeoutError):
            return {}
        found = {"runner": told["client"], "scheduler": told["scheduler"], **told["workers"]}
        return {who: its["packages"] for who, its in found.items()}

    async def _versions(self) -> Any:
        return await self._client.get_versions()

    @property
    def threads(self) -> int:
        return max(self._watch.threads, 1)

    @property
    def window(self) -> int:
        return self.threads * self._per_thread

    def submit(self, specs: Sequence[TaskSpec], claim: Claim, inputs: Sequence[Any]) -> Any:
        extra: list[Any] = []
        packed_specs: list[bytes | int] = []
        for spec in specs:
            its = self._spec(spec)
            if isinstance(its, bytes):
                packed_specs.append(its)
            else:
                packed_specs.append(len(inputs) + len(extra))
                extra.append(its)
        future = self._client.submit(
            dask_worker.run_claim,
            self._topic,
            cloudpickle.dumps((claim, len(inputs), packed_specs)),
            *inputs,
            *extra,
            key=f"{specs[0].slug}-{claim.number}-{self._run}",
            pure=False,
            resources=resources(specs[0].task.tags),
        )
        self._out[claim.number] = future
        future.add_done_callback(lambda done: self._on_done(claim.number, done))
        return future

    def _spec(self, spec: TaskSpec) -> Any:
        """The specification as bytes, or where they are; pickled once."""
        if spec.number not in self._specs:
            packed: Any = cloudpickle.dumps(spec)
            if len(packed) > LARGE:
                key = f"{spec.slug}-specification-{self._run}"
                packed = self._client.submit(bytes, packed, key=key, pure=False)
            self._specs[spec.number] = packed
        return self._specs[spec.number]

    def _on_event(self, event: tuple[float, bytes]) -> None:
        self._inbox.put(event[1])

    def _on_done(self, claim: int, future: Any) -> None:
        self._out.pop(claim, None)
        if future.status == "error":
            self._inbox.put(_Ended(claim, future.exception()))
        elif future.status == "finished":
            self._inbox.put(_Ended(claim, None))

    def next_report(self, timeout: float | None) -> Report | None:
        while True:
            try:
                told = self._inbox.get(block=timeout != 0, timeout=timeout)
            except queue.Empty:
                return None
            match told:
                case _Lost(message):
                    self._lost = message
                    raise ExecutorLost(message)
                case _Ended(claim, error):
                    if claim not in self._reported:
                        self._reported.add(claim)
                        return _without_report(claim, error)
                    if isinstance(error, distributed.KilledWorker):
                        # It had reported, but its worker died before the scheduler knew.
                        return Report(claim, deadly=error)
                case None:
                    return None
                case bytes():
                    report: Report = cloudpickle.loads(told)
                    if report.kept is None:
                        self._reported.add(report.claim)
                    return report

    def wake(self) -> None:
        self._told_to_stop = True
        self._inbox.put(None)

    def stop(self, out: Mapping[int, Any]) -> Collection[int]:
        keys = {number: future.key for number, future in out.items()}
        try:
            states = self._client.sync(
                self._stop, list(keys.values()), callback_timeout=2 * TELLING
            )
        except (OSError, TimeoutError):
            return ()  # nobody knows: what has begun may still report
        return [number for number, key in keys.items() if states[key] not in BEGUN]

    async def _stop(self, keys: list[str]) -> Any:
        """Tells the workers, then asks how the tasks of these keys stand."""
        scheduler = self._client.scheduler
        if scheduler is None:
            raise OSError("the connection to the scheduler is broken")
        telling = asyncio.ensure_future(
            self._client.run(dask_worker.stop, self._topic, on_error="ignore")
        )
        # Where the cluster ends meanwhile, nobody asks any more what became of it.
        telling.add_done_callback(lambda done: done.cancelled() or done.exception())
        # A worker that a task keeps from answering is not waited for: it will hear of it.
        await asyncio.wait({telling}, timeout=TELLING)
        return await scheduler.get_task_status(keys=keys)

    def narrow(self, handle: Any, parts: Collection[int]) -> Any:
        return self._client.submit(dask_worker.only, handle, list(parts), pure=False)

    def fetch(self, handles: Sequence[Any]) -> list[Chunk]:
        return self._result(lambda: self._client.gather(list(handles)))  # type: ignore[no-any-return]  # chunks

    def apply(self, function: Callable[..., Any], handles: Sequence[Any]) -> Any:
        return self._result(lambda: self._client.submit(function, *handles, pure=False).result())

    def _result(self, ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except distributed.KilledWorker as exc:
            raise WorkersLost(str(exc)) from exc
        except (asyncio.CancelledError, concurrent.futures.CancelledError) as exc:
            raise ExecutorLost(
                self._lost or "the connection to the Dask scheduler was lost with all results"
            ) from exc


def _without_report(claim: int, error: BaseException | None) -> Report:
    if isinstance(error, distributed.KilledWorker):
        return Report(claim, deadly=error)
    # Without an error this cannot be: the worker reports before its task is done. Better a
    # failed run than one that waits for ever.
    return Report(claim, refused=error or RuntimeError(f"chunk {claim} ended without a report"))


def _forget(topic: str, dask_scheduler: Any = None) -> None:
    dask_scheduler._broker.truncate(topic)
