"""The DaskCluster that dask-kubernetes' operator turns into a scheduler and workers."""

import json

from flowrun_operator.api import FlowRun
from flowrun_operator.api.spec import Scheduler, Worker
from flowrun_operator.plan.manifest import Manifest, metadata
from flowrun_operator.plan.names import (
    DASHBOARD_PORT,
    SCHEDULER_PORT,
    WORKER_DASHBOARD_PORT,
    names,
)
from flowrun_operator.plan.pod import Template, pod_template
from flowrun_operator.settings import Settings

#: distributed's own routes, and the API by which dask-kubernetes asks a scheduler to retire
#: workers; off by default. The variable replaces the list, so all are named. The dashboard's
#: pages come with Bokeh and are no route of this list.
HTTP_ROUTES = json.dumps(
    [
        "distributed.http.scheduler.api",
        "distributed.http.scheduler.prometheus",
        "distributed.http.scheduler.info",
        "distributed.http.scheduler.json",
        "distributed.http.health",
        "distributed.http.proxy",
        "distributed.http.statics",
    ]
)

#: A worker closes within 2 s of SIGTERM. Where its scheduler goes in the same moment, as both do at
#: the end of a run, Dask may never come to its end: no node is kept waiting for that.
WORKER_GRACE_SECONDS = 5

#: What a nanny would set for its worker (docs/decisions/0010): several threads of Python times
#: several of BLAS oversubscribe a node, and glibc keeps freed memory without the trim.
WITHOUT_NANNY = {
    "MALLOC_TRIM_THRESHOLD_": "65536",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


def dask_cluster(run: FlowRun, settings: Settings, attempt: int) -> Manifest:
    """Its labels are copied by dask-kubernetes to all that it makes."""
    called = names(run, attempt)
    return {
        "apiVersion": "kubernetes.dask.org/v1",
        "kind": "DaskCluster",
        "metadata": metadata(run, called.cluster, "cluster", attempt),
        "spec": {
            # dask-kubernetes' idle check may set a timeout on the scheduler: keep it out.
            "idleTimeout": 0,
            "scheduler": {
                **scheduler_template(run, settings, attempt).merged(),
                "service": _service(called.cluster),
            },
            "worker": {
                "replicas": run.spec.cluster.workers,
                **worker_template(run, settings, attempt).merged(),
            },
        },
    }


def default_worker_group(cluster: Manifest, uid: str) -> Manifest:
    """The DaskWorkerGroup that dask-kubernetes makes of a DaskCluster, ``uid``, for its workers.

    As its 2026.3.0 does (``build_default_worker_group_spec``), down to the name: whichever comes
    second finds it there. It has its owner from birth, and so goes with its cluster.
    """
    meta = cluster["metadata"]
    dask_labels = {"dask.org/cluster-name": meta["name"], "dask.org/component": "workergroup"}
    owner = {
        "apiVersion": cluster["apiVersion"],
        "kind": cluster["kind"],
        "name": meta["name"],
        "uid": uid,
        "controller": True,
    }
    return {
        "apiVersion": cluster["apiVersion"],
        "kind": "DaskWorkerGroup",
        "metadata": {
            "name": f"{meta['name']}-default",
            "namespace": meta["namespace"],
            "labels": {**meta["labels"], **dask_labels},
            "ownerReferences": [owner],
        },
        "spec": {"cluster": meta["name"], "worker": cluster["spec"]["worker"]},
    }


def scheduler_template(run: FlowRun, settings: Settings, attempt: int) -> Template:
    """The scheduler's pod template before the merge."""
    scheduler = run.spec.cluster.scheduler or Scheduler()
    health = {"httpGet": {"path": "/health", "port": "http-dashboard"}, "timeoutSeconds": 5}
    template = pod_template(
        run,
        settings,
        attempt,
        component="scheduler",
        container={
            "name": "scheduler",
            "command": ["dask", "scheduler", "--host", "0.0.0.0"],
            "env": [{"name": "DASK_DISTRIBUTED__SCHEDULER__HTTP__ROUTES", "value": HTTP_ROUTES}],
            "ports": [
                {"name": "tcp-comm", "containerPort": SCHEDULER_PORT},
                {"name": "http-dashboard", "containerPort": DASHBOARD_PORT},
            ],
            # Asked each second until it first answers, so that no start waits for a probe; then
            # seldom, and patiently: a busy scheduler answers late, and restarting it loses all.
            "startupProbe": {**health, "periodSeconds": 1, "failureThreshold": 600},
            "readinessProbe": {**health, "periodSeconds": 5, "failureThreshold": 6},
        },
        tmp_size="2Gi",
        resources=scheduler.resources,
    )
    return Template(
        path="spec.cluster.scheduler.podTemplate",
        container="scheduler",
        ours=template,
        theirs=scheduler.pod_template or {},
    )


def worker_template(run: FlowRun, settings: Settings, attempt: int) -> Template:
    """Every worker's pod template before the merge."""
    worker = run.spec.cluster.worker or Worker()
    command = ["dask", "worker", "--name", "$(DASK_WORKER_NAME)"]
    # docs/decisions/0010: no nanny, and no Bokeh on workers; /health and /metrics stay.
    command += ["--no-nanny", "--no-dashboard", "--dashboard-address", str(WORKER_DASHBOARD_PORT)]
    if worker.threads is not None:
        command += ["--nthreads", str(worker.threads)]
    if worker.memory_limit is not None:
        command += ["--memory-limit", worker.memory_limit]
    # dask-kubernetes would write .svc.cluster.local, which not every cluster has.
    address = names(run, attempt).scheduler_address
    template = pod_template(
        run,
        settings,
        attempt,
        component="worker",
        defaults=WITHOUT_NANNY,
        container={
            "name": "worker",
            "command": command,
            "env": [{"name": "DASK_SCHEDULER_ADDRESS", "value": address}],
            "ports": [{"name": "http-dashboard", "containerPort": WORKER_DASHBOARD_PORT}],
        },
        tmp_size="10Gi",
        resources=worker.resources,
    )
    template["spec"]["terminationGracePeriodSeconds"] = WORKER_GRACE_SECONDS
    return Template(
        path="spec.cluster.worker.podTemplate",
        container="worker",
        ours=template,
        theirs=worker.pod_template or {},
    )


def _service(cluster: str) -> Manifest:
    return {
        "type": "ClusterIP",
        "selector": {"dask.org/cluster-name": cluster, "dask.org/component": "scheduler"},
        # Workers and runner dial until the scheduler listens. Without this they would wait for
        # its readiness too, and a scheduler too busy for its probe could not be reached anew.
        "publishNotReadyAddresses": True,
        "ports": [
            {"name": "tcp-comm", "port": SCHEDULER_PORT, "targetPort": "tcp-comm"},
            {"name": "http-dashboard", "port": DASHBOARD_PORT, "targetPort": "http-dashboard"},
        ],
    }
