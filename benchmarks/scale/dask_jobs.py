"""As many FlowRuns as DaskJobs, dask-kubernetes at work: until all that they need is created.

Both are created by one client as fast as the API server takes them, with the operators running.
All pods are for simulated nodes, so that nothing but the API server and the operators is at work.
When each object was made is read from the API server's audit log.
"""

import time
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime

from benchmarks.scale.count import until_count
from tests.chaos.crowd import RUNS, create_all, teams
from tests.chaos.local_operator import LocalOperator
from tests.chaos.simulated import LABEL, TAINT, simulated
from tests.e2e import audit
from tests.e2e.kube import Kubectl
from tests.e2e.namespaces import fresh_namespace
from tests.e2e.runs import manifest
from tests.e2e.specs import Spec
from tests.e2e.watch import Object

DASK_JOBS = "/apis/kubernetes.dask.org/v1/namespaces/{namespace}/daskjobs"
#: What dask-kubernetes makes of a DaskCluster with one worker, by resource.
OF_A_CLUSTER = {"services": 1, "daskworkergroups": 1, "deployments": 2}
PATIENCE_SECONDS = 1800.0


@dataclass(frozen=True)
class Created:
    """Seconds from the first creation of a FlowRun or DaskJob to the last of something else."""

    asked: float  # of a FlowRun or DaskJob itself
    own: float  # of a DaskCluster or a runner's pod
    everything: float  # of what dask-kubernetes makes of the clusters, too


@dataclass(frozen=True)
class BesideDaskJobs:
    """What was measured."""

    runs: int
    flowruns: Created
    daskjobs: Created


def measure(runs: int, operator: LocalOperator) -> BesideDaskJobs:
    """The one after the other, each in namespaces of its own that are gone before the next."""
    names = [f"run-{number}" for number in range(runs)]
    operator.start()
    operator.until_ready()
    of_flowruns = _created(
        "flowruns", RUNS, [manifest(name, flowrun()) for name in names],
        "flowrun.dev/component=runner",
    )  # fmt: skip
    operator.stop()
    of_daskjobs = _created(
        "daskjobs", DASK_JOBS, [daskjob(name) for name in names], "dask.org/component=job-runner"
    )
    return BesideDaskJobs(runs, of_flowruns, of_daskjobs)


def flowrun() -> Spec:
    """Patient, as a DaskJob is: dask-kubernetes takes minutes to make so many clusters."""
    return simulated("stays", cluster={"startTimeoutSeconds": int(PATIENCE_SECONDS)})


def daskjob(name: str) -> Object:
    """As simulated() makes a FlowRun: one worker, nothing but what the API demands."""
    place = {"nodeSelector": LABEL, "tolerations": [{**TAINT, "operator": "Equal"}]}

    def pod(container: str) -> Object:
        return {"containers": [{"name": container, "image": "simulated"}], **place}

    selector = {"dask.org/cluster-name": name, "dask.org/component": "scheduler"}
    ports = [
        {"name": called, "port": port, "targetPort": called}
        for called, port in (("tcp-comm", 8786), ("http-dashboard", 8787))
    ]
    service = {"type": "ClusterIP", "selector": selector, "ports": ports}
    cluster = {
        "worker": {"replicas": 1, "spec": pod("worker")},
        "scheduler": {"spec": pod("scheduler"), "service": service},
    }
    return {
        "apiVersion": "kubernetes.dask.org/v1",
        "kind": "DaskJob",
        "metadata": {"name": name},
        "spec": {"job": {"spec": pod("runner")}, "cluster": {"spec": cluster}},
    }


def read_created(requests: Iterable[audit.Request], kind: str, runs: int) -> Created:
    """Raises AssertionError where something was not made once for each."""
    last: dict[str, datetime] = {}
    first: datetime | None = None
    made: dict[str, int] = {}
    for each in requests:
        runner = each.resource == "pods" and each.name.endswith("-runner")
        counts = each.resource in (kind, "daskclusters", *OF_A_CLUSTER) or runner
        if not each.created or not counts:
            continue
        first = min(first or each.at, each.at)
        last[each.resource] = max(last.get(each.resource, each.answered), each.answered)
        made[each.resource] = made.get(each.resource, 0) + 1
    wanted = {kind: 1, "daskclusters": 1, "pods": 1, **OF_A_CLUSTER}
    assert made == {resource: times * runs for resource, times in wanted.items()}, made
    assert first is not None

    def seconds(*resources: str) -> float:
        return (max(last[resource] for resource in resources) - first).total_seconds()

    own = (kind, "daskclusters", "pods")
    return Created(seconds(kind), seconds(*own), seconds(*own, *OF_A_CLUSTER))


def _created(kind: str, path: str, bodies: list[Object], runners: str) -> Created:
    groups = teams(bodies)
    with ExitStack() as stack:
        spaces = [stack.enter_context(fresh_namespace(f"scale-{kind}")) for _ in groups]
        deadline = time.monotonic() + PATIENCE_SECONDS
        for space, group in zip(spaces, groups, strict=True):
            create_all(path.format(namespace=space), group)
        for space, group in zip(spaces, groups, strict=True):
            for resource, times in OF_A_CLUSTER.items():
                until_count(space, resource, times * len(group), deadline)
            until_count(space, "pods", len(group), deadline, selector=runners)
        requests = [each for space in spaces for each in audit.requests(space)]
        found = read_created(requests, kind, len(bodies))
        # Not by the namespace's deletion: in one that is going dask-kubernetes' handlers fail, and
        # its finalizers would stay for ever.
        for space in spaces:
            Kubectl(space)("delete", kind, "--all", "--wait=false", timeout=600)
        gone = time.monotonic() + PATIENCE_SECONDS
        for space in spaces:
            until_count(space, "daskclusters", 0, gone)
    names = [f"namespace/{space}" for space in spaces]
    Kubectl()("wait", "--for=delete", *names, "--timeout=600s", timeout=610)
    return found
