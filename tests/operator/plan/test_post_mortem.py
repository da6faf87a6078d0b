"""The post-mortem bundle: of which attempts, by whom, and how large."""

from dataclasses import replace
from datetime import timedelta

import pytest

from flowrun_operator.api import Phase, Reason
from flowrun_operator.api.status import Attempt
from flowrun_operator.observe.world import World
from flowrun_operator.plan.actions import Collect, Witness
from flowrun_operator.plan.post_mortem import (
    LARGEST_BUNDLE,
    LARGEST_LOG,
    WORKERS,
    Evidence,
    collect,
    filled,
)
from tests.operator.build import (
    BEGAN,
    CLUSTER,
    NOW,
    RUNNER,
    SCHEDULER,
    WORKER,
    a_dask_pod,
    a_run,
    a_world,
    running,
)
from tests.operator.plan.build import SETTINGS


def failed(reason: Reason | None = Reason.TASK_FAILED, **row: object) -> World:
    attempt = Attempt(
        number=1,
        start_time=BEGAN,
        end_time=NOW,
        cluster_name=CLUSTER,
        runner_pod_name=RUNNER,
        reason=reason,
        message="2 tasks failed",
        **row,  # type: ignore[arg-type]
    )
    run = a_run(Phase.FAILED if reason else Phase.SUCCEEDED, attempts=[attempt])
    return a_world(run=run, dask_pods=(a_dask_pod(), a_dask_pod("worker", uid="w1")))


def bundle(world: World) -> Collect:
    found = collect(world, SETTINGS)
    assert found is not None
    return found


def test_it_is_made_of_a_failed_attempt_before_its_cluster_goes() -> None:
    made = bundle(failed())
    assert made.name == "diamond-1-3f9c2-post-mortem"
    assert [(w.component, w.pod) for w in made.witnesses] == [
        ("runner", RUNNER),
        ("scheduler", SCHEDULER),
        ("worker", WORKER),
    ]
    assert "TaskFailed\n2 tasks failed" in made.manifest["data"]["summary.txt"]
    assert made.manifest["metadata"]["ownerReferences"][0]["kind"] == "FlowRun"


@pytest.mark.parametrize(
    "world",
    [
        failed(None),
        failed(Reason.CANCELLED),
        failed(Reason.SUSPENDED),
        failed(post_mortem="made"),
        failed(post_mortem=""),
        a_world(Phase.RUNNING),
    ],
    ids=["a success", "cancelled", "suspended", "made already", "refused", "under way"],
)
def test_it_is_not_made_of_others(world: World) -> None:
    assert collect(world, SETTINGS) is None


def test_it_is_not_made_when_the_cluster_has_gone() -> None:
    world = failed()
    status = world.run.status.model_copy(update={"scheduler_address": None})
    assert (
        collect(replace(world, run=world.run.model_copy(update={"status": status})), SETTINGS)
        is None
    )


def test_workers_that_crashed_are_heard_first_and_not_all_of_them() -> None:
    pods = [a_dask_pod("worker", uid=f"w{n}") for n in range(WORKERS + 3)]
    crashed = a_dask_pod("worker", running("worker", restarts=2), uid="crashed")
    witnesses = bundle(replace(failed(), dask_pods=(*pods, crashed))).witnesses
    workers = [w for w in witnesses if w.component == "worker"]
    assert len(workers) == WORKERS
    assert (workers[0].uid, workers[0].died) == ("crashed", True)


def test_logs_are_asked_for_only_where_the_chart_gives_the_right() -> None:
    assert bundle(failed()).logs
    made = collect(failed(), replace(SETTINGS, post_mortem_logs=False))
    assert made is not None
    assert not made.logs


def test_each_log_keeps_its_end_and_all_together_fit() -> None:
    pods = [f"w{n}" for n in range(12)]
    witnesses = tuple(Witness("worker", pod, pod, died=False) for pod in pods)
    made = replace(bundle(failed()), witnesses=witnesses)
    log = "é" * LARGEST_LOG + "the end"
    manifest = filled(made, Evidence(logs=dict.fromkeys(pods, log), events=("pulled",)))
    texts = manifest["data"]
    assert sum(len(text.encode()) for text in texts.values()) <= LARGEST_BUNDLE
    assert texts["worker-w0.log"].endswith("the end")
    assert len(texts["worker-w0.log"].encode()) <= LARGEST_LOG
    assert texts["events.txt"] == "pulled"


def test_what_was_not_found_has_no_key() -> None:
    assert set(filled(bundle(failed()), Evidence())["data"]) == {
        "summary.txt",
        "failed-tasks.json",
        "pods.json",
    }


def test_a_bundle_is_named_by_its_attempt() -> None:
    later = (
        failed()
        .run.status.attempts[0]
        .model_copy(update={"number": 2, "end_time": NOW + timedelta(seconds=1)})
    )
    run = a_run(Phase.FAILED, attempts=[later])
    assert bundle(a_world(run=run)).name == "diamond-2-3f9c2-post-mortem"
