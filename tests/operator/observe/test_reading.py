"""What is kept of the API server's objects."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from flowrun_operator.api import FlowRun, Phase
from flowrun_operator.observe import dask, key
from flowrun_operator.observe.indices import Indices, Settled, index_run, read_run
from flowrun_operator.observe.key import RunKey
from flowrun_operator.observe.memory import Memories, Memory
from flowrun_operator.observe.pods import ContainerState, read_pod
from flowrun_operator.observe.world import Children, look
from tests.operator.build import (
    CLUSTER,
    CLUSTER_UID,
    NOW,
    RUNNER_UID,
    UID,
    a_cluster,
    a_dask_pod,
    a_run,
    a_runner,
)

KEY = RunKey("data", "diamond", UID)
META: dict[str, Any] = {
    "namespace": "data",
    "name": "diamond-1-3f9c2-runner",
    "uid": RUNNER_UID,
    "creationTimestamp": "2026-11-22T05:00:50Z",
    "labels": {"flowrun.dev/uid": UID, "flowrun.dev/name": "diamond"},
    "ownerReferences": [{"uid": "somebody"}, {"uid": UID, "controller": True}],
}


def a_body(**status: Any) -> dict[str, Any]:
    return {"metadata": META, "spec": {"nodeName": "node-1"}, "status": status}


def test_nothing_is_kept_of_which_fields_were_given() -> None:
    run = index_run(a_run().to_json())
    assert isinstance(run, FlowRun)
    parts = (run, run.metadata, run.spec, run.spec.flow, run.spec.cluster, run.status)
    assert len({id(part.model_fields_set) for part in parts}) == 1
    assert not run.model_fields_set


def test_a_child_leads_back_to_its_run_by_its_labels() -> None:
    assert key.of_child({"metadata": META}) == KEY
    assert key.of_child({"metadata": META | {"labels": {"flowrun.dev/uid": UID}}}) is None
    assert key.of_child({"metadata": META | {"labels": None}}) is None


def test_the_controller_is_the_owner() -> None:
    assert read_pod(a_body()).meta.owner_uid == UID


def test_a_pod_that_the_kubelet_has_not_seen_reads_as_pending() -> None:
    pod = read_pod({"metadata": META, "spec": {}})
    assert (pod.phase, pod.containers, pod.ready, pod.ended) == ("Pending", (), False, False)


def test_a_containers_end_is_read_with_its_message() -> None:
    terminated = {"exitCode": 3, "reason": "Error", "message": "{}", "finishedAt": None}
    pod = read_pod(
        a_body(
            phase="Failed",
            containerStatuses=[{"name": "runner", "state": {"terminated": terminated}}],
        )
    )
    container = pod.container("runner")
    assert container is not None
    assert (container.state, container.exit_code) == (ContainerState.TERMINATED, 3)
    assert container.message == "{}"
    assert pod.ended


def test_init_containers_come_first() -> None:
    waiting = {"waiting": {"reason": "PodInitializing"}}
    pod = read_pod(
        a_body(
            initContainerStatuses=[{"name": "fetch", "state": {"running": {}}}],
            containerStatuses=[{"name": "runner", "state": waiting}],
        )
    )
    assert [c.name for c in pod.containers] == ["fetch", "runner"]


AT = "2026-11-22T05:00:59Z"
LAST = {"terminated": {"exitCode": 137, "reason": "OOMKilled", "message": "m", "finishedAt": AT}}
ENDED = {"terminated": {"exitCode": 1, "reason": "Error", "finishedAt": AT}}


@pytest.mark.parametrize(
    ("state", "last_state", "reason", "exit_code"),
    [
        pytest.param({"running": {}}, LAST, "OOMKilled", 137, id="it runs again"),
        pytest.param({"waiting": {"reason": "B"}}, LAST, "OOMKilled", 137, id="it waits to"),
        pytest.param(ENDED, LAST, "Error", 1, id="it has ended again"),
        pytest.param(ENDED, {}, "Error", 1, id="it has ended, and what was before is gone"),
        pytest.param({"running": {}}, {}, "", None, id="what was before is gone"),
    ],
)
def test_a_restarted_container_tells_how_it_ended_the_last_time(
    state: dict[str, Any], last_state: dict[str, Any], reason: str, exit_code: int | None
) -> None:
    status = {"name": "worker", "state": state, "restartCount": 2, "lastState": last_state}
    pod = read_pod(a_body(containerStatuses=[status]))
    [container] = pod.containers
    assert container.restarts == 2
    assert (container.last_reason, container.last_exit_code) == (reason, exit_code)
    assert container.last_finished_at == (datetime.fromisoformat(AT) if reason else None)
    assert pod.ever_started


def test_the_schedulers_words_are_read_where_no_node_fits() -> None:
    condition = {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": "0/1 nodes",
    }
    assert read_pod(a_body(conditions=[condition])).unschedulable == "0/1 nodes"
    gated = condition | {"reason": "SchedulingGated"}
    assert read_pod(a_body(conditions=[gated])).unschedulable == ""


def test_a_disruption_is_read_with_its_words() -> None:
    condition = {
        "type": "DisruptionTarget",
        "status": "True",
        "reason": "EvictionByEvictionAPI",
        "message": "drained",
    }
    pod = read_pod(a_body(conditions=[condition]))
    assert pod.disruption == "EvictionByEvictionAPI: drained"
    assert pod.taken_away


def test_a_deployment_tells_of_refused_pods() -> None:
    failure = {"type": "ReplicaFailure", "status": "True", "message": "exceeded quota"}
    assert dask.read_deployment(a_body(conditions=[failure])).replica_failure == "exceeded quota"
    healed = failure | {"status": "False"}
    assert dask.read_deployment(a_body(conditions=[healed])).replica_failure == ""


def a_run_body(**status: Any) -> dict[str, Any]:
    return {
        "metadata": {
            "namespace": "data",
            "name": "diamond",
            "uid": UID,
            "resourceVersion": "7",
            "creationTimestamp": "2026-11-22T05:00:50Z",
            "annotations": {"large": "x" * 1000},
        },
        "spec": {
            "flow": {"entrypoint": "a.py:flow", "source": {"inline": {"a.py": "x" * 1000}}},
            "parameters": {"large": "x" * 1000},
            "cluster": {"workers": 3, "startTimeoutSeconds": 20},
            "ttlSecondsAfterFinished": 60,
        },
        "status": status,
    }


def test_the_index_keeps_what_is_read_and_not_what_a_user_may_fill() -> None:
    run = index_run(a_run_body(phase="Running"))
    assert isinstance(run, FlowRun)
    assert run.spec.cluster.start_timeout_seconds == 20
    assert run.spec.ttl_seconds_after_finished == 60
    assert run.metadata.resource_version == "7"
    assert "xxx" not in run.model_dump_json()


def test_a_run_that_has_ended_and_given_up_its_cluster_is_kept_as_settled() -> None:
    ended = {"phase": "Failed", "reason": "TaskFailed", "completionTime": "2026-11-22T05:01:00Z"}
    assert index_run(a_run_body(**ended)) == Settled(
        "Failed", "TaskFailed", datetime(2026, 11, 22, 5, 2, tzinfo=UTC), "7"
    )
    assert isinstance(index_run(a_run_body(**ended, schedulerAddress="tcp://x:1")), FlowRun)


def test_a_spec_that_the_models_refuse_is_a_problem_and_keeps_its_status() -> None:
    body = a_run_body(phase="Running")
    run, problems = read_run(body | {"spec": body["spec"] | {"newer": 1}})
    assert run.status.phase is Phase.RUNNING
    assert [problem.path for problem in problems] == ["spec.newer"]


def test_a_status_that_the_models_refuse_is_begun_anew() -> None:
    run, problems = read_run(a_run_body(phase="Dreaming"))
    assert run.status.phase is None
    assert problems != ()


def test_empty_indices_know_nothing() -> None:
    indices = Indices()
    assert indices.run(KEY) is None
    assert indices.children(KEY) == Children()
    assert indices.all_keys() == set()
    assert indices.phases() == []


def test_attached_indices_show_what_is_delivered_later() -> None:
    indices = Indices()
    names = ("runs", "groups", "pods", "clusters", "worker_groups", "deployments")
    of_kopf: dict[str, dict[RunKey, list[Any]]] = {name: {} for name in names}
    indices.attach(of_kopf)
    of_kopf["runs"][KEY] = [a_run(Phase.RUNNING)]
    of_kopf["clusters"][KEY] = [a_cluster()]
    assert indices.phases() == ["Running"]
    assert indices.children(KEY).clusters == (a_cluster(),)
    assert indices.all_keys() == {KEY}


def a_version(number: str, phase: str) -> dict[str, Any]:
    body = a_run_body(phase=phase)
    return body | {"metadata": body["metadata"] | {"resourceVersion": number}}


@pytest.mark.parametrize(
    ("shown", "answered", "expected"),
    [
        ("9", "10", "Running"),  # numbers, not words
        ("10", "10", "Pending"),
        ("11", "10", "Pending"),
        ("9", "no number", "Pending"),
    ],
)
def test_of_what_is_shown_and_what_was_answered_the_newer_counts(
    shown: str, answered: str, expected: str
) -> None:
    indices = Indices(runs={KEY: [index_run(a_version(shown, "Pending"))]})
    indices.answered(KEY, a_version(answered, "Running"))
    for _ in range(2):
        run = indices.run(KEY)
        assert isinstance(run, FlowRun)
        assert run.status.phase == expected


def test_an_answer_is_kept_until_the_watch_has_told_as_much() -> None:
    runs = {KEY: [index_run(a_version("7", "Pending"))]}
    indices = Indices(runs=runs)
    indices.answered(KEY, a_version("8", "Running"))
    runs[KEY] = [index_run(a_version("9", "Starting"))]
    assert indices.run(KEY) == runs[KEY][0]
    runs[KEY] = [index_run(a_version("3", "Pending"))]  # as after a restored backup
    assert indices.run(KEY) == runs[KEY][0]


def test_an_answer_does_not_outlive_its_run() -> None:
    runs = {KEY: [index_run(a_version("7", "Pending"))]}
    indices = Indices(runs=runs)
    indices.answered(KEY, a_version("8", "Running"))
    gone = runs.pop(KEY)
    assert indices.run(KEY) is None
    runs[KEY] = gone
    assert indices.run(KEY) == gone[0]


def test_what_is_told_gone_is_not_shown_and_kept_no_longer_than_an_index_shows_it() -> None:
    clusters = {KEY: [a_cluster()]}
    indices = Indices(clusters=clusters)
    indices.told_gone(KEY, frozenset({a_cluster().meta.uid}))
    for _ in range(2):
        assert indices.children(KEY) == Children()
    shown = clusters.pop(KEY)
    assert indices.children(KEY) == Children()
    clusters[KEY] = shown
    assert indices.children(KEY).clusters == (a_cluster(),)


def world_of(*pods: Any, recorded: bool = True, lost: frozenset[str] = frozenset()) -> Any:
    children = Children(pods=pods, clusters=(a_cluster(),))
    return look(a_run(recorded=recorded), children, Memory(), NOW, lost=lost)


def test_a_pod_of_the_runners_name_that_somebody_else_controls_is_not_the_runner() -> None:
    foreign = a_runner()
    foreign = replace(foreign, meta=replace(foreign.meta, owner_uid="somebody"))
    assert world_of(foreign, recorded=False).runner is None


def test_a_pod_of_the_runners_name_and_another_uid_than_recorded_is_not_the_runner() -> None:
    later = a_runner()
    later = replace(later, meta=replace(later.meta, uid="later"))
    assert world_of(later).runner is None
    assert world_of(later, recorded=False).runner == later


def test_dasks_pods_count_only_under_this_attempts_cluster() -> None:
    mine, other = a_dask_pod(), a_dask_pod(uid="s9")
    other = replace(other, meta=replace(other.meta, dask_cluster="diamond-2-3f9c2"))
    assert mine.meta.dask_cluster == CLUSTER
    assert world_of(mine, other).dask_pods == (mine,)


def test_only_a_recorded_uid_can_be_lost() -> None:
    assert world_of(lost=frozenset({CLUSTER_UID})).cluster_gone
    assert not world_of(recorded=False, lost=frozenset({CLUSTER_UID})).cluster_gone
    assert not world_of().runner_gone


def test_memory_is_replaced_field_by_field_and_forgotten() -> None:
    memories = Memories()
    memories.update(KEY, refused_times=2)
    memories.update(KEY, written_at=NOW)
    assert memories[KEY] == Memory(refused_times=2, written_at=NOW)
    memories.forget(KEY)
    assert memories[KEY] == Memory()
