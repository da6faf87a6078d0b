"""How Dask's objects go, whatever dask-kubernetes' operator does or does not."""

from datetime import datetime, timedelta

from flowrun_operator.observe.dask import DaskCluster, WorkerGroup
from flowrun_operator.observe.world import Children
from flowrun_operator.plan.actions import Action, Delete, Kind, Unblock

#: dask-kubernetes' operator takes its finalizer off within moments, or never: see unblock.
FINALIZER = "kopf.zalando.org/KopfFinalizerMarker"
OVERDUE = timedelta(seconds=60)


def delete_cluster(cluster: DaskCluster, left: Children, now: datetime) -> Action | None:
    """The next step to a DaskCluster's end; None where it is under way.

    Foreground, so that scheduler and workers go even with dask-kubernetes' operator down. A
    cluster that somebody deleted otherwise is deleted so once more while anything of it is left.
    """
    meta = cluster.meta
    if not meta.being_deleted or (not meta.deleted_in_foreground and _dependents(cluster, left)):
        return _delete(Kind.DASK_CLUSTER, cluster)
    return _unblock(cluster, left, now)


def unblock_at(cluster: DaskCluster) -> datetime | None:
    """When a cluster under deletion will not be waited for any longer."""
    deleted_at = cluster.meta.deletion_timestamp
    return deleted_at + OVERDUE if deleted_at is not None else None


def delete_orphan(group: WorkerGroup, left: Children) -> Action | None:
    """A worker group whose cluster is gone: dask-kubernetes made it after the cluster's deletion.

    It has no owner, and would try to make its workers for ever.
    """
    if group.meta.being_deleted:
        return None
    if any(cluster.meta.name == group.meta.dask_cluster for cluster in left.clusters):
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


def _dependents(cluster: DaskCluster, left: Children) -> bool:
    name = cluster.meta.name
    return any(
        child.meta.dask_cluster == name
        for children in (left.pods, left.worker_groups, left.deployments)
        for child in children
    )


def _delete(kind: Kind, of: DaskCluster | WorkerGroup) -> Delete:
    return Delete(kind, of.meta.namespace, of.meta.name, of.meta.uid, foreground=True)
