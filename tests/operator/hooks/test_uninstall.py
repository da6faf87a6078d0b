"""Before uninstall: nothing keeps running, in the right order, and what is left is told."""

import pytest

from flowrun_operator.hooks.cluster import ApiError
from flowrun_operator.hooks.uninstall import uninstall

RUN_UID = "3f9c2e10-0000-4000-8000-000000000000"


def owned(name, kind="FlowRun", **metadata):
    return {
        "name": name,
        "namespace": "team",
        "uid": f"uid-of-{name}",
        "labels": {"flowrun.dev/uid": RUN_UID},
        "ownerReferences": [
            {"apiVersion": "flowrun.dev/v1alpha1", "kind": kind, "uid": RUN_UID, "controller": True}
        ],
        **metadata,
    }


def runner(phase="Running", name="diamond-1-3f9c2"):
    return {"metadata": owned(name), "status": {"phase": phase}}


def dask_cluster(name="diamond-1-3f9c2"):
    return {"metadata": owned(name)}


def dask_pod(name, cluster_name="diamond-1-3f9c2"):
    metadata = owned(name, kind="ReplicaSet")
    metadata["labels"]["dask.org/cluster-name"] = cluster_name
    return {"metadata": metadata, "status": {"phase": "Running"}}


def operator(cluster):
    """Puts our operator into the cluster: its Deployment and one pod."""
    cluster.deployment_list.append({"metadata": {"name": "flowrun-operator"}})
    labels = {"app.kubernetes.io/component": "operator"}
    cluster.pod_list.append(
        {
            "metadata": {
                "name": "flowrun-operator-x",
                "namespace": "flowrun-system",
                "uid": "o",
                "labels": labels,
            },
            "status": {"phase": "Running"},
        }
    )


@pytest.fixture
def run_uninstall(cluster, patience):
    def run(*watched):
        return uninstall(
            cluster,
            namespace="flowrun-system",
            deployment="flowrun-operator",
            pods="app.kubernetes.io/instance=flowrun,app.kubernetes.io/component=operator",
            watched=watched,
            patience=patience,
        )

    return run


def test_the_operator_goes_first_then_runners_then_their_clusters(cluster, run_uninstall, said):
    operator(cluster)
    cluster.pod_list += [runner(), dask_pod("scheduler"), dask_pod("worker")]
    cluster.cluster_list = [dask_cluster()]
    assert run_uninstall() == []
    assert cluster.calls == [
        "scale flowrun-system/flowrun-operator",
        "delete pod team/diamond-1-3f9c2",
        "delete cluster team/diamond-1-3f9c2",
    ]
    assert cluster.pod_list == []
    assert said[-1] == "no run has anything running. FlowRuns and CRDs are kept."


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_an_ended_runner_stays_for_its_verdict_and_its_log(cluster, run_uninstall, phase):
    operator(cluster)
    cluster.pod_list.append(runner(phase))
    assert run_uninstall() == []
    assert [p["metadata"]["name"] for p in cluster.pod_list] == ["diamond-1-3f9c2"]


def test_what_only_carries_our_label_is_not_deleted(cluster, run_uninstall):
    operator(cluster)
    stranger = runner()
    stranger["metadata"]["ownerReferences"] = []
    theirs = dask_cluster()
    theirs["metadata"]["ownerReferences"][0]["apiVersion"] = "example.com/v1"
    cluster.pod_list.append(stranger)
    cluster.cluster_list = [theirs]
    assert run_uninstall() == []
    assert cluster.calls == ["scale flowrun-system/flowrun-operator"]


def test_what_does_not_go_is_told_and_deleted_only_once(cluster, run_uninstall, said, passed):
    operator(cluster)
    cluster.cluster_list = [dask_cluster()]
    cluster.stuck = {"diamond-1-3f9c2"}
    left = run_uninstall()
    assert [str(each) for each in left] == ["DaskCluster team/diamond-1-3f9c2"]
    assert cluster.calls.count("delete cluster team/diamond-1-3f9c2") == 1
    assert said[-1] == (
        "left after 60 s, to be deleted by hand where it does not go by itself: "
        "DaskCluster team/diamond-1-3f9c2 (being deleted)"
    )
    assert 60 <= passed.now < 61


def test_an_operator_that_does_not_stop_leaves_time_to_stop_the_runs(
    cluster, run_uninstall, said, passed
):
    operator(cluster)
    cluster.stuck = {"flowrun-operator-x"}
    cluster.pod_list.append(runner())
    assert run_uninstall() == []
    assert "our operator has not stopped" in said[0]
    assert 30 <= passed.now < 31


def test_only_what_runs_in_the_watched_namespaces_is_stopped(cluster, run_uninstall):
    operator(cluster)
    elsewhere = runner(name="other-1-3f9c2")
    elsewhere["metadata"]["namespace"] = "elsewhere"
    cluster.pod_list += [runner(), elsewhere]
    assert run_uninstall("team", "empty") == []
    assert cluster.calls == [
        "scale flowrun-system/flowrun-operator",
        "delete pod team/diamond-1-3f9c2",
    ]


def test_an_operator_that_was_deleted_by_hand_is_gone(cluster, run_uninstall):
    cluster.pod_list.append(runner())
    assert run_uninstall() == []
    assert cluster.pod_list == []


def test_an_api_server_that_fails_is_told_once_and_asked_again(
    cluster, run_uninstall, said, monkeypatch
):
    operator(cluster)
    cluster.pod_list.append(runner())
    answers = iter([ApiError("etcd is away"), ApiError("etcd is away"), None])
    listed = cluster.dask_clusters

    def dask_clusters(*asked):
        error = next(answers, None)
        if error:
            raise error
        return listed(*asked)

    monkeypatch.setattr(cluster, "dask_clusters", dask_clusters)
    assert run_uninstall() == []
    assert said.count("etcd is away") == 1


def test_an_api_server_that_never_answers_does_not_fail_the_uninstall(
    cluster, run_uninstall, said, monkeypatch
):
    def refuse(*_):
        raise ApiError("the API server cannot be reached")

    monkeypatch.setattr(cluster, "pods", refuse)
    run_uninstall()
    assert "the API server cannot be reached" in said
    assert said[-1].startswith("after 60 s it is not known what still runs")
