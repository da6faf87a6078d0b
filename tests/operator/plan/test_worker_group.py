"""The workers' group that is made where dask-kubernetes has made none."""

from dask_kubernetes.operator.controller.controller import build_default_worker_group_spec

from flowrun_operator.plan.dask_cluster import dask_cluster, default_worker_group
from tests.operator.plan.build import SETTINGS, a_run

CLUSTER = dask_cluster(a_run(cluster={"workers": 3}), SETTINGS, 1)
GROUP = default_worker_group(CLUSTER, "c-1")


def test_it_is_the_one_that_dask_kubernetes_would_have_made() -> None:
    meta = CLUSTER["metadata"]
    theirs = build_default_worker_group_spec(
        meta["name"], CLUSTER["spec"]["worker"], meta.get("annotations", {}), meta["labels"]
    )
    named = {key: theirs["metadata"][key] for key in ("name", "labels")}
    assert {key: GROUP["metadata"][key] for key in named} == named
    assert theirs["metadata"]["annotations"] == {}
    assert {key: GROUP[key] for key in ("apiVersion", "kind", "spec")} == {
        key: theirs[key] for key in ("apiVersion", "kind", "spec")
    }


def test_it_belongs_to_its_cluster_from_birth() -> None:
    (owner,) = GROUP["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["uid"], owner["controller"]) == ("DaskCluster", "c-1", True)
    assert owner["name"] == GROUP["spec"]["cluster"] == CLUSTER["metadata"]["name"]
