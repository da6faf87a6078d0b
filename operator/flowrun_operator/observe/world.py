"""World: one frozen look at one run. Everything the judge, the plan and the report may use."""

from dataclasses import dataclass, field
from datetime import datetime

from flowrun_operator.api.flowrun import FlowRun
from flowrun_operator.api.problem import Problem
from flowrun_operator.api.status import Attempt, Phase
from flowrun_operator.observe.dask import DaskCluster, Deployment, WorkerGroup
from flowrun_operator.observe.memory import Incarnation, Memory, OomKill
from flowrun_operator.observe.pods import Container, Pod
from flowrun_operator.observe.testimony import Testimony, read_testimony

RUNNER = "runner"
SCHEDULER = "scheduler"
WORKER = "worker"


@dataclass(frozen=True)
class Children:
    """What the indices hold under one run's uid, of whichever attempt."""

    pods: tuple[Pod, ...] = ()
    clusters: tuple[DaskCluster, ...] = ()
    worker_groups: tuple[WorkerGroup, ...] = ()
    deployments: tuple[Deployment, ...] = ()


@dataclass(frozen=True)
class World:
    """Children come from indices, which lag; ``*_gone`` and nothing else says that one is lost."""

    run: FlowRun
    now: datetime
    problems: tuple[Problem, ...] = ()  # of a spec that is not admissible, or cannot be read
    runner: Pod | None = None
    runner_gone: bool = False  # its uid is recorded, and a GET does not find it
    cluster: DaskCluster | None = None
    cluster_gone: bool = False  # as runner_gone
    children: Children = field(default_factory=Children)  # of whichever attempt
    dask_pods: tuple[Pod, ...] = ()  # scheduler and workers of this attempt
    deployments: tuple[Deployment, ...] = ()
    memory: Memory = field(default_factory=Memory)
    place: int | None = None  # in line for its concurrency group, 1 for the next

    @property
    def under_way(self) -> bool:
        """There is an attempt, and it has not ended."""
        return self.attempt is not None and self.attempt.under_way

    @property
    def suspended(self) -> bool:
        """It is held back."""
        return self.run.status.phase is Phase.SUSPENDED

    @property
    def released(self) -> bool:
        """The last attempt's cluster was given up, as its cleared address tells."""
        return self.run.status.scheduler_address is None

    @property
    def runners_left(self) -> tuple[Pod, ...]:
        """Runner pods that may still run something; those whose node is gone do not count."""
        uid = self.run.metadata.uid
        return tuple(
            p
            for p in self.children.pods
            if p.meta.owner_uid == uid and not p.ended and not p.gone_with_its_node(self.now)
        )

    @property
    def remains(self) -> bool:
        """Something of any attempt runs, or will make something run.

        What is being deleted counts as long as a pod of it lives: a node that is gone keeps its
        pods, and all that owns them, in their deletion.
        """
        left = self.children
        owners = (
            *(cluster.meta for cluster in left.clusters),
            *(group.meta for group in left.worker_groups),
            *(deployment.meta for deployment in left.deployments),
        )
        return bool(
            self.runners_left
            or any(not owner.being_deleted for owner in owners)
            or any(
                p.meta.dask_cluster and not p.ended and not p.gone_with_its_node(self.now)
                for p in left.pods
            )
        )

    @property
    def worker_groups(self) -> tuple[WorkerGroup, ...]:
        """The worker groups of this attempt's cluster."""
        name = self.attempt.cluster_name if self.attempt else None
        return tuple(g for g in self.children.worker_groups if g.meta.dask_cluster == name)

    @property
    def attempt(self) -> Attempt | None:
        """The last attempt."""
        return self.run.status.attempts[-1] if self.run.status.attempts else None

    @property
    def schedulers(self) -> tuple[Pod, ...]:
        """The scheduler's pods: one, or two for a moment while one replaces the other."""
        return tuple(p for p in self.dask_pods if p.meta.dask_component == SCHEDULER)

    @property
    def workers(self) -> tuple[Pod, ...]:
        """The workers' pods."""
        return tuple(p for p in self.dask_pods if p.meta.dask_component == WORKER)

    @property
    def oom_kill(self) -> OomKill | None:
        """The first of this attempt's scheduler and workers that was seen killed for its memory."""
        if self.memory.oom_kill is not None:
            return self.memory.oom_kill
        for pod in (*self.schedulers, *self.workers):
            for part in pod.containers:
                if part.oom_killed:
                    return OomKill(pod.meta.name, part.name, part.memory_limit)
        return None

    @property
    def scheduler_ready(self) -> bool:
        """Dask's scheduler answers its readiness probe."""
        return any(p.ready and not p.meta.being_deleted for p in self.schedulers)

    @property
    def runner_container(self) -> Container | None:
        """The container that runs the flow, whatever a podTemplate put beside it."""
        return self.runner.container(RUNNER) if self.runner else None

    @property
    def testimony(self) -> Testimony | None:
        """The runner's verdict, once its container has ended with one."""
        container = self.runner_container
        if container is None or container.exit_code is None:
            return None
        return read_testimony(container.message)

    @property
    def min_ready_workers(self) -> int:
        """How many workers the runner waits for."""
        cluster = self.run.spec.cluster
        return min(cluster.min_ready_workers or 1, cluster.workers)

    @property
    def workers_ready(self) -> int:
        """Workers registered with the scheduler, which pod readiness cannot show."""
        if self.testimony is not None:
            return self.testimony.workers.ready
        return self.memory.progress.workers.ready if self.memory.progress else 0


def incarnation(scheduler: Pod) -> Incarnation:
    """Which life of Dask's scheduler a pod runs now, whatever a podTemplate put beside it."""
    container = scheduler.container(SCHEDULER)
    return Incarnation(scheduler.meta.uid, container.restarts if container else 0)


def look(
    run: FlowRun,
    children: Children,
    memory: Memory,
    now: datetime,
    *,
    lost: frozenset[str] = frozenset(),
    problems: tuple[Problem, ...] = (),
    place: int | None = None,
) -> World:
    """The World of a run out of what the indices hold.

    A child counts only if it is this run's by its controller, or, where Dask made it, if both
    labels fit. ``lost`` names the uids that a GET did not find.
    """
    attempt = run.status.attempts[-1] if run.status.attempts else None
    if attempt is None:
        return World(run, now, problems=problems, children=children, memory=memory, place=place)
    of_dask = [p for p in children.pods if p.meta.dask_cluster == attempt.cluster_name]
    return World(
        run,
        now,
        problems=problems,
        runner=next(
            (
                p
                for p in children.pods
                if p.meta.name == attempt.runner_pod_name
                and p.meta.owner_uid == run.metadata.uid
                and attempt.runner_pod_uid in {None, p.meta.uid}
            ),
            None,
        ),
        runner_gone=attempt.runner_pod_uid in lost,
        cluster=next(
            (
                c
                for c in children.clusters
                if c.meta.name == attempt.cluster_name
                and c.meta.owner_uid == run.metadata.uid
                and attempt.cluster_uid in {None, c.meta.uid}
            ),
            None,
        ),
        cluster_gone=attempt.cluster_uid in lost,
        children=children,
        dask_pods=tuple(of_dask),
        deployments=tuple(
            d for d in children.deployments if d.meta.dask_cluster == attempt.cluster_name
        ),
        memory=memory,
        place=place,
    )
