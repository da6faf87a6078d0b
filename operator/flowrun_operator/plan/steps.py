"""The steps from what is to what should be."""

from datetime import datetime, timedelta

from flowrun_operator.api.flowrun import FlowRun
from flowrun_operator.api.status import Attempt, Phase
from flowrun_operator.judge import cleanup
from flowrun_operator.judge.retry import keeps_its_cluster
from flowrun_operator.judge.start import worker_group_overdue_at
from flowrun_operator.judge.stop import force_at
from flowrun_operator.judge.verdict import Verdict
from flowrun_operator.observe.key import RunKey
from flowrun_operator.observe.pods import Pod
from flowrun_operator.observe.world import Children, World
from flowrun_operator.plan.actions import Action, Create, Delete, Kind, Stage, Stop
from flowrun_operator.plan.children import Manifest, children
from flowrun_operator.plan.dask_cluster import dask_cluster, default_worker_group
from flowrun_operator.plan.dask_leftovers import delete_cluster, delete_orphan, unblock_at
from flowrun_operator.plan.names import names
from flowrun_operator.plan.post_mortem import collect
from flowrun_operator.settings import Settings

SWEEP_AGAIN = timedelta(seconds=10)
#: What must be there before anything of the run can be reached or started.
FOUNDATIONS = frozenset({Kind.NETWORK_POLICY, Kind.CONFIG_MAP})


def steps(world: World, verdict: Verdict, settings: Settings) -> tuple[Stage, ...]:
    """What to do now. Nothing is given up before the end of its attempt, or run, is written."""
    if cleanup.finished(world):
        return _release_for_good(world, settings)
    if world.attempt is not None and not world.under_way:
        return _release(world, settings, keep_cluster=keeps_its_cluster(world))
    if world.attempt is not None and world.attempt.stop_time is not None:
        return _stages(_stop_runner(world, world.runner))
    if verdict.phase is Phase.STARTING and not _waits_to_retry(world):
        return _start(world, settings)
    return ()


def sweep(key: RunKey, left: Children, now: datetime) -> tuple[Stage, ...]:
    """What to do with the children of a FlowRun that is gone.

    Garbage collection is not enough: with dask-kubernetes' operator down it leaves scheduler and
    workers running, and a worker group made after its cluster's deletion has no owner at all.
    """
    pods = (
        Delete(Kind.POD, key.namespace, p.meta.name, p.meta.uid)
        for p in left.pods
        if p.meta.owner_uid in {None, key.uid} and not p.meta.being_deleted
    )
    return _stages((*_dask_leftovers(left, now), *pods))


def next_sweep(left: Children, now: datetime) -> datetime | None:
    """When to look again at what is left of a FlowRun that is gone or has ended."""
    moments = (unblock_at(cluster) for cluster in left.clusters)
    return min((max(m, now + SWEEP_AGAIN) for m in moments if m is not None), default=None)


def has_leftovers(key: RunKey, left: Children, now: datetime) -> bool:
    """Something of a run that has ended and given up its cluster is still to be ended.

    What is being deleted, and what waits for the end of that, goes by itself.
    """
    runners = (p for p in left.pods if p.meta.owner_uid == key.uid and not p.ended)
    return bool(_dask_leftovers(left, now)) or any(runners)


def _start(world: World, settings: Settings) -> tuple[Stage, ...]:
    attempt = world.attempt
    if attempt is None:
        return ()
    missing = set[Kind]()
    if attempt.cluster_uid is None and world.cluster is None:
        missing.add(Kind.DASK_CLUSTER)
    if attempt.runner_pod_uid is None and world.runner is None:
        missing.add(Kind.POD)
    if not missing:
        return _stages(_worker_group(world, settings))
    creates = [Create(manifest) for manifest in _children(world.run, settings, attempt)]
    foundations = tuple(c for c in creates if c.kind in FOUNDATIONS)
    # Side by side: the runner's preflight fails in seconds, while a cluster takes its time.
    side_by_side = tuple(c for c in creates if c.kind in missing)
    return tuple(stage for stage in (foundations, side_by_side) if stage)


def _worker_group(world: World, settings: Settings) -> tuple[Action, ...]:
    """Made in dask-kubernetes' place, where that one has lost its way."""
    overdue_at, cluster, attempt = worker_group_overdue_at(world), world.cluster, world.attempt
    if overdue_at is None or world.now < overdue_at or cluster is None or attempt is None:
        return ()
    if cluster.meta.being_deleted or cluster.meta.name != names(world.run, attempt.number).cluster:
        return ()
    made = dask_cluster(world.run, settings, attempt.number)
    return (Create(default_worker_group(made, cluster.meta.uid)),)


def _children(run: FlowRun, settings: Settings, attempt: Attempt) -> tuple[Manifest, ...]:
    own = names(run, attempt.number).cluster
    used_again = attempt.cluster_name if attempt.cluster_name != own else None
    return children(run, settings, attempt.number, used_again)


def _release_for_good(world: World, settings: Settings) -> tuple[Stage, ...]:
    stages = _release(world, settings, keep_cluster=cleanup.keeps_cluster(world))
    if not stages and cleanup.expired(world):
        return ((_delete_run(world.run),),)
    return stages


def _release(world: World, settings: Settings, *, keep_cluster: bool) -> tuple[Stage, ...]:
    """Of every attempt, since one that an operator's end cut short may have left something.

    The witnesses of a failure are heard before they go.
    """
    last = () if world.runner in (None, *world.runners_left) else (world.runner,)
    stops = (a for pod in (*world.runners_left, *last) for a in _stop_runner(world, pod))
    bundle = collect(world, settings)
    if bundle is not None:
        return _stages((*stops, bundle))
    return _stages((*stops, *(() if keep_cluster else _delete_cluster(world))))


def _stop_runner(world: World, pod: Pod | None) -> tuple[Action, ...]:
    """The ended pod stays for its log; one that never started has none."""
    if pod is None or pod.ended or pod.meta.being_deleted:
        return ()
    delete = Delete(Kind.POD, pod.meta.namespace, pod.meta.name, pod.meta.uid)
    if not pod.ever_started:
        return (delete,)
    # A deadline set on a pod whose containers have all ended would turn its phase into Failed.
    if pod.ends:
        return ()
    if pod.active_deadline == 1:
        moment = force_at(world)
        return (delete,) if moment is not None and world.now >= moment else ()
    return (Stop(pod.meta.namespace, pod.meta.name, pod.meta.uid),)


def _delete_cluster(world: World) -> tuple[Action, ...]:
    attempt, run = world.attempt, world.run.metadata
    if attempt is None:
        return ()
    if world.released:
        return _dask_leftovers(world.children, world.now)
    # By name, since the index may not show what was created a moment ago.
    return (
        Delete(
            Kind.DASK_CLUSTER,
            run.namespace,
            attempt.cluster_name,
            attempt.cluster_uid,
            owner_uid=run.uid,
            foreground=True,
        ),
    )


def _dask_leftovers(left: Children, now: datetime) -> tuple[Action, ...]:
    clusters = (delete_cluster(cluster, left, now) for cluster in left.clusters)
    orphans = (delete_orphan(group, left) for group in left.worker_groups)
    return tuple(action for action in (*clusters, *orphans) if action is not None)


def _delete_run(run: FlowRun) -> Action:
    # In background: by then nothing of the run runs, and a foreground deletion would wait for the
    # finalizer that dask-kubernetes' operator puts on a DaskCluster, were that operator down.
    meta = run.metadata
    return Delete(Kind.FLOW_RUN, meta.namespace, meta.name, meta.uid)


def _waits_to_retry(world: World) -> bool:
    retry_at = world.memory.retry_at
    return retry_at is not None and world.now < retry_at


def _stages(actions: tuple[Action, ...]) -> tuple[Stage, ...]:
    return (actions,) if actions else ()
