"""Kopf: watches and indices. Handlers enqueue a run's key and do nothing else.

All of them are coroutines, though none awaits: Kopf calls plain functions in threads.
Only ``on.event`` and ``index``: Kopf's other handlers write their progress onto the objects, and on
Dask's objects would fight with dask-kubernetes' operator over the same annotations and finalizer.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import kopf

from flowrun_operator.api.flowrun import GROUP, LABEL_UID, PLURAL, VERSION
from flowrun_operator.nothing_kept import NoEssence, NoProgress
from flowrun_operator.observe import dask, key, pods
from flowrun_operator.observe.groups import GroupKey, group_of, read_member
from flowrun_operator.observe.indices import index_run
from flowrun_operator.observe.key import RunKey
from flowrun_operator.perform.connect import Credentials

DASK_GROUP = "kubernetes.dask.org"
FLOW_RUNS = (GROUP, VERSION, PLURAL)
PODS = ("", "v1", "pods")
DASK_CLUSTERS = (DASK_GROUP, "v1", "daskclusters")
WORKER_GROUPS = (DASK_GROUP, "v1", "daskworkergroups")
DEPLOYMENTS = ("apps", "v1", "deployments")
#: Selected on the server: the cluster's other pods are never seen.
OURS = (PODS, DASK_CLUSTERS, WORKER_GROUPS, DEPLOYMENTS)

Resource = tuple[str, str, str]
Enqueue = Callable[[RunKey], None]
Read = Callable[[Mapping[str, Any]], Any]
READERS: tuple[tuple[str, Resource, Read], ...] = (
    ("pods", PODS, pods.read_pod),
    ("clusters", DASK_CLUSTERS, dask.read_cluster),
    ("worker_groups", WORKER_GROUPS, dask.read_worker_group),
    ("deployments", DEPLOYMENTS, dask.read_deployment),
)


def settings() -> kopf.OperatorSettings:
    """Settings under which Kopf writes nothing onto anybody's objects."""
    chosen = kopf.OperatorSettings()
    # Kopf takes this string off every watched object that no handler holds. With its default name
    # that is dask-kubernetes' own finalizer, which its operator would put back, for ever.
    chosen.persistence.finalizer = f"{GROUP}/kopf-unused"
    chosen.persistence.diffbase_storage = NoEssence()
    chosen.persistence.progress_storage = NoProgress()
    chosen.posting.enabled = False
    chosen.scanning.disabled = True  # no rights on namespaces and CRDs are needed
    chosen.networking.request_timeout = 30
    # An object's worker keeps its last event for so long: with the default of 5 s, a storm's all.
    chosen.queueing.idle_timeout = 1.0
    for resource in OURS:
        chosen.watching.label_selectors[resource] = LABEL_UID
    chosen.watching.chunk_size = 500
    return chosen


def registry(
    *,
    started: Callable[[Mapping[str, Any]], None],
    enqueue: Enqueue,
    heard: Enqueue,
    group_changed: Callable[[GroupKey], None],
    login: Callable[[], Awaitable[Credentials]],
) -> kopf.OperatorRegistry:
    """All handlers. ``started`` gets the indices, ``heard`` each FlowRun that has changed, and
    ``group_changed`` its concurrency group.
    """
    handlers = kopf.OperatorRegistry()

    @kopf.on.startup(registry=handlers)
    async def show_indices(**kwargs: Any) -> None:
        names = ("runs", "groups", *(name for name, _, _ in READERS))
        started({name: kwargs[name] for name in names})

    @kopf.on.login(registry=handlers)
    async def authenticate(**_: Any) -> kopf.ConnectionInfo:
        found = await login()
        return kopf.ConnectionInfo(
            server=found.server,
            ca_path=found.ca_path,
            certificate_path=found.certificate_path,
            private_key_path=found.private_key_path,
            scheme="Bearer" if found.token else None,
            token=found.token,
        )

    @kopf.index(*FLOW_RUNS, id="runs", registry=handlers)
    async def runs(body: kopf.Body, **_: Any) -> dict[RunKey, Any]:
        return {key.of_run(body): index_run(body)}

    @kopf.index(*FLOW_RUNS, id="groups", registry=handlers)
    async def groups(body: kopf.Body, **_: Any) -> dict[GroupKey, Any]:
        group, member = group_of(body), read_member(body)
        return {group: member} if group is not None and member is not None else {}

    @kopf.on.event(*FLOW_RUNS, id="run", registry=handlers)
    async def run_changed(body: kopf.Body, **_: Any) -> None:
        heard(key.of_run(body))
        enqueue(key.of_run(body))
        group = group_of(body)
        if group is not None:
            group_changed(group)
        _let_go(body)

    for name, resource, read in READERS:
        _index_children(handlers, name, resource, read)
        _enqueue_owners(handlers, name, resource, enqueue)
    return handlers


def _index_children(
    handlers: kopf.OperatorRegistry, name: str, resource: Resource, read: Read
) -> None:
    @kopf.index(*resource, id=name, registry=handlers)
    async def children(body: kopf.Body, **_: Any) -> dict[RunKey, Any]:
        run = key.of_child(body)
        return {} if run is None else {run: read(body)}


def _enqueue_owners(
    handlers: kopf.OperatorRegistry, name: str, resource: Resource, enqueue: Enqueue
) -> None:
    @kopf.on.event(*resource, id=f"{name}-changed", registry=handlers)
    async def child_changed(body: kopf.Body, **_: Any) -> None:
        run = key.of_child(body)
        if run is not None:
            enqueue(run)
        _let_go(body)


def _let_go(body: kopf.Body) -> None:
    """Of what an event told, when all handlers have had it.

    Kopf's views of it refer to each other, so that it would wait for Python to look for garbage:
    decision 0068.
    """
    body._replace_with({"metadata": {}})
