"""Our operator and dask-kubernetes' beside the same objects."""

from collections.abc import Callable, Iterator

import pytest

from tests.e2e.leftovers import settle
from tests.e2e.release import DASK_OPERATOR, DASK_OPERATOR_PODS, Release
from tests.e2e.runs import Run, status
from tests.e2e.specs import spec
from tests.e2e.watch import Watch

pytestmark = [pytest.mark.e2e, pytest.mark.alone, pytest.mark.timeout(240)]

DASKCLUSTERS = "/apis/kubernetes.dask.org/v1/daskclusters"


@pytest.fixture
def running(apply_flowrun: Callable[..., Run]) -> Run:
    run = apply_flowrun(spec("long.py"))
    run.until_phase("Running")
    return run


@pytest.fixture
def without_dask_operator(operator: Release) -> Iterator[Callable[[], None]]:
    """Call it to take dask-kubernetes' operator away for the rest of the test."""
    deployment = f"deployment/{DASK_OPERATOR}"

    def take_away() -> None:
        operator.kubectl("scale", deployment, "--replicas=0")
        operator.kubectl("wait", "--for=delete", "pod", "-l", DASK_OPERATOR_PODS, "--timeout=60s")

    yield take_away
    operator.kubectl("scale", deployment, "--replicas=1")
    operator.until_ready()


def test_nobody_writes_to_an_idle_daskcluster(running: Run) -> None:
    with Watch(DASKCLUSTERS) as clusters:
        name = status(running.history[-1])["clusterName"]
        clusters.until(running.namespace, name, lambda _: True, 10, "DaskCluster")
        assert clusters.quiet(running.namespace, name, seconds=10) == []


def test_nothing_keeps_running_when_dask_kubernetes_is_down(
    running: Run, without_dask_operator: Callable[[], None]
) -> None:
    without_dask_operator()
    running.delete()
    cluster = f"daskcluster.kubernetes.dask.org/{status(running.history[-1])['clusterName']}"
    # The DaskCluster itself waits for dask-kubernetes' finalizer; all that runs is gone.
    assert settle(running.namespace, {cluster}, timeout=90) <= {cluster}
