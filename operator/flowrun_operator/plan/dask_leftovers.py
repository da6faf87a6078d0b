"""How Dask's objects go, whatever dask-kubernetes' operator does or does not."""

from datetime import datetime, timedelta

from flowrun_operator.observe.dask import DaskCluster, Deployment, WorkerGroup
from flowrun_operator.observe.world import Children
from flowrun_operator.plan.actions import Action, Delete, Kind, Unblock

#: dask-kubernetes' operator takes its finalizer off within moments, or never: see unblock.
FINALIZER = "kopf.zalando.org/KopfFinalizerMarker"
OVERDUE = timedelta(seconds=60)


def delete_cluster(cluster: DaskCluster, left: Children, now: datetime) -> Action | None:
    """The next step to a DaskCluster's end; None where it is under way.

    Foreground, so that scheduler and workers go even with dask-kubernetes' operator down. A
    cluster that somebody deleted otherwise, or of which dask-kubernetes made more meanwhile, is
    deleted so once more, where that has the garbage collector end something: decision 0069.
    """
    meta = cluster.meta
    if not meta.being_deleted or (not meta.deleted_in_foreground and _stays(cluster, left)):
        return _delete(Kind.DASK_CLUSTER, cluster)
    return _unblock(cluster, left, now)


def unblock_at(cluster: DaskCluster) -> datetime | None:
    """When a cluster under deletion will not be waited for any longer."""
    deleted_at = cluster.meta.deletion_timestamp
    return deleted_at + OVERDUE if deleted_at is not None else None


def delete_orphan(group: WorkerGroup, left: Children) -> Action | None:
    """A worker group whose cluster goes or is gone: dask-kubernetes made it after the deletion.

    It has no owner yet, so that it does not go with its cluster, and would try to make its workers
    for ever.
    """
    if group.meta.being_deleted:
        return None
    for cluster in left.clusters:
        if cluster.meta.name == group.meta.dask_cluster and (
            not cluster.meta.being_deleted or _owns(cluster, group)
        ):
            return None
    return _delete(Kind.DASK_WORKER_GROUP, group)


def _unblock(cluster: DaskCluster, left: Children, now: datetime) -> Action | None:
    """Takes off dask-kubernetes' finalizer when nothing is left for it to hold.

    With its operator down, or in a namespace under deletion where its handlers fail for ever, the
    DaskCluster would never go, nor the namespace. The finalizer only stops timers of its process.
    """
    meta, moment = cluster.meta, unblock_at(cluster)
    overdue = moment is not None and now >= moment
    if not overdue or meta.finalizers != (FINALIZER,) or _dependents(cluster, left):
        return None
    return Unblock(Kind.DASK_CLUSTER, meta.namespace, meta.name, meta.uid, FINALIZER)


def _stays(cluster: DaskCluster, left: Children) -> bool:
    """It owns something whose deletion nobody has asked for."""
    children: tuple[WorkerGroup | Deployment, ...] = (*left.worker_groups, *left.deployments)
    return any(_owns(cluster, child) and not child.meta.being_deleted for child in children)


def _owns(cluster: DaskCluster, child: WorkerGroup | Deployment) -> bool:
    return child.meta.owner_uid == cluster.meta.uid


def _dependents(cluster: DaskCluster, left: Children) -> bool:
    name = cluster.meta.name
    return any(
        child.meta.dask_cluster == name
        for children in (left.pods, left.worker_groups, left.deployments)
        for child in children
    )


def _delete(kind: Kind, of: DaskCluster | WorkerGroup) -> Delete:
    return Delete(kind, of.meta.namespace, of.meta.name, of.meta.uid, foreground=True)
