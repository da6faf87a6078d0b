"""When runners are asked for their progress: a queue of its own, so that none delays a turn."""

from collections.abc import Callable
from datetime import datetime

from flowrun_operator.api.flowrun import FlowRun
from flowrun_operator.judge.cleanup import finished
from flowrun_operator.observe.indices import Indices
from flowrun_operator.observe.key import RunKey
from flowrun_operator.observe.memory import Memories
from flowrun_operator.observe.pods import ContainerState
from flowrun_operator.observe.pull import Puller
from flowrun_operator.observe.world import World, look
from flowrun_operator.queue import Queue
from flowrun_operator.report.metrics import Metrics

INTERVAL = 2.0
AT_ONCE = 100
PER_SECOND = 100.0


class Pulls:
    """Asks each active runner about every two seconds, and wakes its run when the answer is new."""

    def __init__(
        self,
        *,
        puller: Puller,
        indices: Indices,
        memories: Memories,
        metrics: Metrics,
        clock: Callable[[], datetime],
        wake: Callable[[RunKey], None],
    ) -> None:
        self._puller = puller
        self._indices = indices
        self._memories = memories
        self._metrics = metrics
        self._clock = clock
        self._wake = wake
        self.queue: Queue[RunKey] = Queue(self._turn, at_once=AT_ONCE, per_second=PER_SECOND)

    def follow(self, world: World) -> None:
        """Has the runner asked: at once when the scheduler turns Ready, else in its turn."""
        if not _address(world):
            return
        meta = world.run.metadata
        key = RunKey(meta.namespace, meta.name, meta.uid)
        if world.scheduler_ready and not world.memory.pulled_when_ready:
            self._memories.update(key, pulled_when_ready=True)
            self.queue.add(key)
        else:
            self.queue.add(key, INTERVAL)

    async def _turn(self, key: RunKey) -> float | None:
        run = self._indices.run(key)
        if not isinstance(run, FlowRun):
            return None
        ip = _address(look(run, self._indices.children(key), self._memories[key], self._clock()))
        if not ip:
            return None
        result, progress = await self._puller.pull(ip)
        self._metrics.pulls.labels(result).inc()
        now = self._indices.run(key)
        if not isinstance(now, FlowRun) or now.status.attempt != run.status.attempt:
            return None  # it ended meanwhile, and what was remembered of it is forgotten
        if progress is not None and progress != self._memories[key].progress:
            self._memories.update(key, progress=progress)
            self._wake(key)
        return INTERVAL


def _address(world: World) -> str:
    """Where the runner of an unfinished run answers; "" where it does not."""
    container = world.runner_container
    if finished(world) or not world.under_way or world.runner is None or container is None:
        return ""
    return world.runner.ip if container.state is ContainerState.RUNNING else ""
