"""Gathers a World: from the indices, and by a GET where an index proves nothing.

An index lags behind our own writes, so that absence from it is no proof; a child that was recorded
in the status and is missing from the index is asked for by name before anybody calls it lost. One
that was made a moment ago is given the time to show.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from flowrun_operator.api.flowrun import FlowRun
from flowrun_operator.api.problem import Problem
from flowrun_operator.api.status import FINISHED, Phase
from flowrun_operator.observe.dask import read_cluster
from flowrun_operator.observe.indices import Indices
from flowrun_operator.observe.key import RunKey
from flowrun_operator.observe.memory import Memories
from flowrun_operator.observe.pods import ContainerState, Pod, read_pod
from flowrun_operator.observe.world import Children, World, incarnation, look
from flowrun_operator.perform.api import Api, Body
from flowrun_operator.perform.reads import find, mount_failure
from flowrun_operator.plan.actions import Kind

#: A container is created within that time, unless its image is pulled or a volume is missing.
CREATED_WITHIN = timedelta(seconds=3)
#: The index shows within that time what was made; until then nobody is asked about it.
SHOWN_WITHIN = timedelta(seconds=5)
ASK_AGAIN_AFTER = timedelta(seconds=10)
#: Workers of a run hang alike; asking about some of them is enough.
ASK_ABOUT = 3
CREATING = frozenset({"ContainerCreating", "PodInitializing"})


class Observer:
    """Looks at runs."""

    def __init__(
        self,
        api: Api,
        indices: Indices,
        memories: Memories,
        clock: Callable[[], datetime],
    ) -> None:
        self._api = api
        self._indices = indices
        self._memories = memories
        self._clock = clock

    async def look(
        self, run: FlowRun, problems: tuple[Problem, ...] = (), *, confirm: bool = False
    ) -> World:
        """The World of the run; with ``confirm`` its cluster and runner are read afresh."""
        key = RunKey(run.metadata.namespace, run.metadata.name, run.metadata.uid)
        world = self._look(key, run, self._indices.children(key), frozenset(), problems)
        if world.attempt is None or run.status.phase in FINISHED:
            return world
        if not world.under_way and not confirm:
            return world
        if world.memory.made_at is not None and not _unseen(world):
            self._memories.update(key, made_at=None)  # what is missing from now on is asked for
        children, lost = await self._confirmed(key, world, everything=confirm)
        self._recognise_scheduler(key, world)
        if world.oom_kill != world.memory.oom_kill:
            self._memories.update(key, oom_kill=world.oom_kill)
        self._miss_workers(key, world)
        await self._ask_about_mounts(key, world)
        return self._look(key, run, children, lost, problems)

    def asks_again_at(self, world: World) -> datetime | None:
        """When a pod that hangs, or a child that does not show, is to be asked about."""
        hidden = _may_show_until(world) if _unseen(world) else None
        if world.run.status.phase is not Phase.STARTING or not any(map(_is_creating, _pods(world))):
            return hidden
        asked_at = world.memory.mounts_asked_at
        hangs = (asked_at + ASK_AGAIN_AFTER) if asked_at else world.now + CREATED_WITHIN
        return min(hangs, hidden) if hidden else hangs

    def _look(
        self,
        key: RunKey,
        run: FlowRun,
        children: Children,
        lost: frozenset[str],
        problems: tuple[Problem, ...],
    ) -> World:
        return look(
            run,
            children,
            self._memories[key],
            self._clock(),
            lost=lost,
            problems=problems,
            place=self._indices.place_in_line(run),
        )

    async def _confirmed(
        self, key: RunKey, world: World, *, everything: bool
    ) -> tuple[Children, frozenset[str]]:
        """The children, with those that are asked for as they are now; and the uids of the lost."""
        children, lost = self._indices.children(key), set[str]()
        attempt = world.attempt
        if attempt is None or (not everything and _may_show_until(world)):
            return children, frozenset()
        if attempt.cluster_uid and (everything or world.cluster is None):
            name, uid = attempt.cluster_name, attempt.cluster_uid
            body = await self._find(Kind.DASK_CLUSTER, key, name, uid)
            others = tuple(c for c in children.clusters if c.meta.uid != uid)
            found = (read_cluster(body),) if body else ()
            children = replace(children, clusters=others + found)
            lost |= set() if body else {uid}
        if attempt.runner_pod_uid and (everything or world.runner is None):
            name, uid = attempt.runner_pod_name, attempt.runner_pod_uid
            body = await self._find(Kind.POD, key, name, uid)
            other_pods = tuple(p for p in children.pods if p.meta.uid != uid)
            runner = (read_pod(body),) if body else ()
            children = replace(children, pods=other_pods + runner)
            lost |= set() if body else {uid}
        return children, frozenset(lost)

    async def _find(self, kind: Kind, key: RunKey, name: str, uid: str) -> Body | None:
        body = await find(self._api, kind, key.namespace, name)
        return body if body is not None and body["metadata"]["uid"] == uid else None

    def _recognise_scheduler(self, key: RunKey, world: World) -> None:
        """Remembers which life of the scheduler serves the flow: the first that is seen."""
        if world.run.status.phase is not Phase.RUNNING or world.memory.scheduler is not None:
            return
        for pod in world.schedulers:
            if pod.ready and not pod.meta.being_deleted:
                self._memories.update(key, scheduler=incarnation(pod))
                return

    def _miss_workers(self, key: RunKey, world: World) -> None:
        """Remembers since when a running flow has had no worker, by its runner's word."""
        memory, progress = world.memory, world.memory.progress
        none = (
            world.run.status.phase is Phase.RUNNING
            and progress is not None
            and progress.workers.ready == 0
        )
        if none != (memory.no_workers_since is not None):
            self._memories.update(key, no_workers_since=world.now if none else None)

    async def _ask_about_mounts(self, key: RunKey, world: World) -> None:
        asked_at = world.memory.mounts_asked_at
        if world.run.status.phase is not Phase.STARTING:
            return
        if asked_at is not None and world.now < asked_at + ASK_AGAIN_AFTER:
            return
        hanging = [
            pod
            for pod in _pods(world)
            if _is_creating(pod) and world.now >= pod.meta.created_at + CREATED_WITHIN
        ]
        if not hanging:
            return
        failures: dict[str, Any] = {}
        for pod in hanging[:ASK_ABOUT]:
            failures[pod.meta.uid] = await mount_failure(self._api, key.namespace, pod.meta.uid)
        self._memories.update(key, mount_failures=failures, mounts_asked_at=world.now)


def _unseen(world: World) -> bool:
    """A child is recorded, and the index does not show it."""
    attempt = world.attempt
    return attempt is not None and (
        (attempt.cluster_uid is not None and world.cluster is None)
        or (attempt.runner_pod_uid is not None and world.runner is None)
    )


def _may_show_until(world: World) -> datetime | None:
    """Until when a child that was never shown may just not show yet; None where it is over."""
    made_at = world.memory.made_at
    if made_at is None or world.now >= made_at + SHOWN_WITHIN:
        return None
    return made_at + SHOWN_WITHIN


def _pods(world: World) -> tuple[Pod, ...]:
    return (*((world.runner,) if world.runner else ()), *world.dask_pods)


def _is_creating(pod: Pod) -> bool:
    return (
        bool(pod.node)
        and not pod.ended
        and any(c.state is ContainerState.WAITING and c.reason in CREATING for c in pod.containers)
    )
