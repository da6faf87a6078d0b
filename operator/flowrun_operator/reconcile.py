"""A run's turn: observe, judge, plan, perform, report, once through and never back."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from flowrun_operator.api.flowrun import FlowRun
from flowrun_operator.api.status import FINISHED, FlowRunStatus, Phase
from flowrun_operator.judge import Verdict, cleanup, judge
from flowrun_operator.judge.admission import managed_elsewhere
from flowrun_operator.judge.timers import wake_at
from flowrun_operator.observe.echoes import Echoes
from flowrun_operator.observe.indices import Indices, Settled, read_run
from flowrun_operator.observe.key import RunKey
from flowrun_operator.observe.memory import Memories
from flowrun_operator.observe.world import Children, World
from flowrun_operator.perform.api import Api
from flowrun_operator.perform.errors import ApiError, Conflict
from flowrun_operator.perform.events import Emitter
from flowrun_operator.perform.observer import Observer
from flowrun_operator.perform.perform import perform
from flowrun_operator.perform.performed import Performed
from flowrun_operator.perform.reads import find_run
from flowrun_operator.perform.status import write_status
from flowrun_operator.plan.children import problems
from flowrun_operator.plan.steps import has_leftovers, next_sweep, steps, sweep
from flowrun_operator.report import status as report
from flowrun_operator.report.events import stories
from flowrun_operator.report.metrics import Metrics
from flowrun_operator.settings import Settings

logger = logging.getLogger(__name__)

#: A write for progress alone waits until the last write is so old.
PROGRESS_INTERVAL = timedelta(seconds=2)
#: Whether what was done has helped is looked at after that time, if no event has told before.
LOOK_AGAIN = timedelta(seconds=10)
#: Waits between tries to create what was refused: doubling from the first to the last.
FIRST_RETRY, LAST_RETRY = timedelta(seconds=2), timedelta(seconds=30)


class Reconciler:
    """Knows the order of the five, and what passes from one to the next."""

    def __init__(
        self,
        *,
        api: Api,
        indices: Indices,
        memories: Memories,
        settings: Settings,
        emitter: Emitter,
        metrics: Metrics,
        clock: Callable[[], datetime],
        after_turn: Callable[[World], None],
        echoes: Echoes,
    ) -> None:
        self._api = api
        self._indices = indices
        self._memories = memories
        self._settings = settings
        self._emitter = emitter
        self._metrics = metrics
        self._clock = clock
        self._after_turn = after_turn
        self._echoes = echoes
        self._observer = Observer(api, indices, memories, clock)
        self._doubted: set[RunKey] = set()

    def doubt(self, key: RunKey) -> None:
        """The run's next turn looks afresh at everything: an event may have been missed."""
        self._doubted.add(key)

    async def turn(self, key: RunKey) -> float | None:
        """One turn; the answer is when the next one is wanted, if nothing happens before.

        Most turns find nothing to do, by what the watches have delivered, and cost no request.
        """
        seen = self._indices.run(key)
        doubted = key in self._doubted
        self._doubted.discard(key)
        match seen:
            case FlowRun() if managed_elsewhere(seen):
                self._memories.forget(key)
                return None
            case FlowRun() if not seen.metadata.deletion_timestamp:
                world = None if doubted else await self._observer.look(seen)
                if world is not None and await self._brought_up_to_date(world):
                    self._after_turn(world)
                    return self._seconds_until(self._next_turn(world))
            case _ if not self._leaves_work(key, seen, doubted=doubted):
                self._memories.forget(key)
                return self._seconds_until(self._next_sweep(key, seen))
        with self._metrics.turns.time():
            return await self._act(key, afresh=doubted)

    async def _act(self, key: RunKey, *, afresh: bool) -> float | None:
        body = await find_run(self._api, key)
        if body is not None:
            self._indices.answered(key, body)
        if body is None or body["metadata"].get("deletionTimestamp"):
            return await self._sweep(key)
        run, faults = read_run(body)
        if managed_elsewhere(run):
            return None
        if not run.status.attempts and run.status.phase not in FINISHED:
            faults = faults or problems(run, self._settings)
        world = await self._observer.look(run, faults, confirm=afresh)
        verdict = judge(world)
        if (verdict.final or verdict.begins or verdict.ends) and not cleanup.finished(world):
            # Watches of different kinds are not ordered among each other: what ends the run may
            # have a cause that the index does not show yet, and what has ended may still run.
            world = await self._observer.look(run, faults, confirm=True)
            verdict = judge(world)
        stages = steps(world, verdict, self._settings)
        performed = await perform(self._api, stages)
        self._indices.told_gone(key, performed.gone)
        self._remember_creates(world, performed)
        status = report.compose(world, verdict, performed)
        if not report.differs(run.status, status):
            self._after_turn(world)
            return self._seconds_until(self._next_turn(world, acted=bool(stages)))
        await self._write(world, status, verdict)
        if performed.released:
            # What follows waits for the cluster to go, of which events tell. A turn at once would
            # find it in an index that lags, and delete it once more.
            return LOOK_AGAIN.total_seconds()
        return 0.0  # what follows from what was written is the next turn's

    async def _write(self, world: World, status: FlowRunStatus, verdict: Verdict) -> None:
        run = world.run
        key = _key(run)
        self._echoes.expect(key, asyncio.get_running_loop().time())
        try:
            written = await write_status(self._api, run, status)
        except ApiError:
            self._echoes.heard(key)
            raise
        self._indices.answered(key, written)
        if written["metadata"]["resourceVersion"] == run.metadata.resource_version:
            self._echoes.heard(key)  # nothing has changed, so no event will tell of it
        if verdict.begins:
            self._memories.forget(key)  # what was seen of the attempt before
        self._memories.update(key, written_at=world.now)
        for story in stories(run, status):
            self._emitter.emit(run, story.type, story.reason, story.message)
        self._count(run, status)
        logger.info(
            "run=%s attempt=%s phase=%s reason=%s", key, status.attempt, status.phase, status.reason
        )

    async def _sweep(self, key: RunKey) -> float | None:
        left = self._indices.children(key)
        stages = sweep(key, left, self._clock())
        self._memories.forget(key)
        if stages:
            performed = await perform(self._api, stages)
            self._indices.told_gone(key, performed.gone)
            logger.info("run=%s gone, swept=%s", key, [a.name for s in stages for a in s])
        return self._seconds_until(self._next_sweep(key, None, acted=bool(stages)))

    def _leaves_work(self, key: RunKey, seen: FlowRun | Settled | None, *, doubted: bool) -> bool:
        """Of a run that has settled, is gone or is going: whether something is left to do."""
        left, now = self._indices.children(key), self._clock()
        if isinstance(seen, Settled):
            expired = seen.expires_at is not None and now >= seen.expires_at
            return expired or has_leftovers(key, left, now)
        return doubted or bool(sweep(key, left, now))

    def _next_sweep(
        self, key: RunKey, seen: FlowRun | Settled | None, *, acted: bool = False
    ) -> datetime | None:
        left, now = self._indices.children(key), self._clock()
        moments = [next_sweep(left, now)]
        if isinstance(seen, Settled):
            moments.append(seen.expires_at)
        if acted and left != Children():
            moments.append(now + LOOK_AGAIN)
        return min((m for m in moments if m is not None), default=None)

    async def _brought_up_to_date(self, world: World) -> bool:
        """Nothing is to be done, or to be written but progress, which is written in its time.

        Such a write needs no read before it: nothing else is done, and its version guards it.
        """
        verdict = judge(world)
        if steps(world, verdict, self._settings):
            return False
        status = report.compose(world, verdict, Performed())
        if not report.differs_in_progress_only(world.run.status, status):
            return False
        if report.differs(world.run.status, status) and not self._wrote_lately(world):
            try:
                await self._write(world, status, verdict)
            except Conflict:
                return False
        return True

    def _wrote_lately(self, world: World) -> bool:
        written_at = world.memory.written_at
        return written_at is not None and world.now < written_at + PROGRESS_INTERVAL

    def _remember_creates(self, world: World, performed: Performed) -> None:
        if not performed.created:
            return
        times = world.memory.refused_times + 1 if performed.refusals else 0
        wait = min(LAST_RETRY, FIRST_RETRY * 2 ** min(times - 1, 10)) if times else None
        self._memories.update(
            _key(world.run),
            refusals=performed.refusals,
            refused_times=times,
            retry_at=world.now + wait if wait else None,
            made_at=world.now if performed.uids else world.memory.made_at,
        )

    def _next_turn(self, world: World, *, acted: bool = False) -> datetime | None:
        moments = [wake_at(world), self._observer.asks_again_at(world)]
        if acted:
            moments.append(world.now + LOOK_AGAIN)
        if not world.under_way or cleanup.finished(world):
            moments.append(next_sweep(world.children, world.now))
        if self._wrote_lately(world) and world.memory.written_at and not cleanup.finished(world):
            moments.append(world.memory.written_at + PROGRESS_INTERVAL)
        return min((m for m in moments if m is not None), default=None)

    def _seconds_until(self, moment: datetime | None) -> float | None:
        if moment is None:
            return None
        return max(0.1, (moment - self._clock()).total_seconds())

    def _count(self, run: FlowRun, status: FlowRunStatus) -> None:
        under_way = {row.number for row in run.status.attempts if row.under_way}
        for row in status.attempts:
            if row.number in under_way and not row.under_way:
                self._metrics.count_attempt(str(status.phase), row)
        if status.phase is run.status.phase:
            return
        if status.phase is Phase.RUNNING:
            waited = self._clock() - run.metadata.creation_timestamp
            self._metrics.start.observe(waited.total_seconds())


def _key(run: FlowRun) -> RunKey:
    return RunKey(run.metadata.namespace, run.metadata.name, run.metadata.uid)
