"""From what is to what should be: the steps of a turn."""

from dataclasses import replace
from datetime import timedelta

import pytest

from flowrun_operator.api import Phase, Reason
from flowrun_operator.judge import judge
from flowrun_operator.observe.key import RunKey
from flowrun_operator.observe.memory import Memory
from flowrun_operator.observe.world import Children, World
from flowrun_operator.plan.actions import Action, Create, Delete, Kind, Stop, Unblock
from flowrun_operator.plan.dask_leftovers import FINALIZER
from flowrun_operator.plan.steps import has_leftovers, next_sweep, steps, sweep
from tests.operator.build import (
    CLUSTER,
    CLUSTER_UID,
    NOW,
    RUNNER,
    RUNNER_UID,
    UID,
    a_cluster,
    a_dask_pod,
    a_deployment,
    a_run,
    a_runner,
    a_testimony,
    a_worker_group,
    a_world,
    ended,
    running,
    waiting,
    without_a_worker_group,
)
from tests.operator.plan.build import SETTINGS

KEY = RunKey("data", "diamond", UID)
FOREGROUND = {"deletion_timestamp": NOW, "finalizers": ("foregroundDeletion", FINALIZER)}
BACKGROUND = {"deletion_timestamp": NOW, "finalizers": (FINALIZER,)}
MINUTE_AGO = {"deletion_timestamp": NOW - timedelta(seconds=60), "finalizers": (FINALIZER,)}
DELETE_CLUSTER = Delete(Kind.DASK_CLUSTER, "data", CLUSTER, CLUSTER_UID, UID, foreground=True)
SWEEP_CLUSTER = replace(DELETE_CLUSTER, owner_uid=None)
STOP = Stop("data", RUNNER, RUNNER_UID)
DELETE_RUNNER = Delete(Kind.POD, "data", RUNNER, RUNNER_UID)
DELETE_GROUP = Delete(Kind.DASK_WORKER_GROUP, "data", f"{CLUSTER}-default", "g1", foreground=True)


def kinds(world: World) -> list[list[Kind]]:
    stages = steps(world, judge(world), SETTINGS)
    return [[action.kind for action in stage if isinstance(action, Create)] for stage in stages]


def actions(world: World) -> list[Action]:
    return [action for stage in steps(world, judge(world), SETTINGS) for action in stage]


def swept(left: Children) -> list[Action]:
    return [action for stage in sweep(KEY, left, NOW) for action in stage]


def taken_up(**children: object) -> World:
    run = a_run(Phase.PENDING, recorded=False)
    return a_world(run=run, **({"runner": None, "cluster": None} | children))


def released(phase: Phase = Phase.SUCCEEDED, **spec: object) -> World:
    run = a_run(phase, spec=dict(spec), scheduler_address=None, dashboard_url=None)
    return a_world(run=run, runner=a_runner(ended("runner", 0), phase="Succeeded"), cluster=None)


def test_nothing_is_made_before_the_attempt_is_written() -> None:
    assert actions(a_world(None, run=a_run(None), runner=None, cluster=None)) == []


def test_the_wall_stands_before_cluster_and_runner_are_made_side_by_side() -> None:
    assert kinds(taken_up()) == [[Kind.NETWORK_POLICY], [Kind.DASK_CLUSTER, Kind.POD]]


def test_what_is_there_already_is_not_made_again() -> None:
    assert kinds(taken_up(cluster=a_cluster())) == [[Kind.NETWORK_POLICY], [Kind.POD]]


def test_what_was_recorded_is_never_made_again_though_an_index_does_not_show_it() -> None:
    assert actions(a_world(runner=None, cluster=None)) == []


def test_what_was_refused_is_tried_again_in_its_time() -> None:
    later = Memory(retry_at=NOW + timedelta(seconds=1))
    assert actions(replace(taken_up(), memory=later)) == []
    assert actions(replace(taken_up(), memory=Memory(retry_at=NOW))) != []


def test_a_workers_group_that_dask_kubernetes_forgot_is_made() -> None:
    assert kinds(without_a_worker_group(14)) == []
    assert kinds(without_a_worker_group(15)) == [[Kind.DASK_WORKER_GROUP]]
    later = Memory(retry_at=NOW + timedelta(seconds=1))
    refused = replace(without_a_worker_group(), memory=later)
    assert kinds(refused) == []


@pytest.mark.parametrize(
    "children",
    [
        {"children": Children(worker_groups=(a_worker_group(),))},
        {"cluster": None},
        {"cluster": a_cluster(**BACKGROUND)},
        {"dask_pods": (a_dask_pod(ready=False),)},
    ],
    ids=["there-is-one", "no-cluster", "cluster-goes", "scheduler-not-ready"],
)
def test_no_workers_group_is_made_where_none_is_missing(children: dict[str, object]) -> None:
    assert actions(without_a_worker_group(**children)) == []


def test_a_workers_group_of_an_earlier_attempts_cluster_is_left_to_the_start_deadline() -> None:
    row = a_run().status.attempts[0].model_copy(update={"number": 2})
    run = a_run(attempt=2, attempts=[row])
    assert actions(without_a_worker_group(run=run)) == []


def test_a_running_flow_is_given_no_other_workers_group() -> None:
    assert actions(without_a_worker_group(run=a_run(Phase.RUNNING))) == []


def test_nothing_goes_before_the_end_is_written() -> None:
    success = a_runner(ended("runner", 0, a_testimony()))
    assert actions(a_world(Phase.RUNNING, runner=success)) == []


@pytest.mark.parametrize("phase", [Phase.SUCCEEDED, Phase.FAILED])
def test_a_finished_run_gives_up_its_cluster_and_keeps_its_runner_for_the_log(phase: Phase) -> None:
    runner = a_runner(ended("runner", 0), phase="Succeeded")
    assert actions(a_world(phase, runner=runner)) == [DELETE_CLUSTER]


def test_a_cluster_that_no_index_shows_is_given_up_by_its_name() -> None:
    run = a_run(Phase.FAILED, recorded=False)
    assert actions(a_world(run=run, runner=None, cluster=None)) == [
        replace(DELETE_CLUSTER, uid=None)
    ]


def test_a_runner_that_still_runs_is_stopped_so_that_its_log_stays() -> None:
    assert actions(a_world(Phase.FAILED)) == [STOP, DELETE_CLUSTER]


def test_a_runner_is_stopped_once() -> None:
    assert actions(a_world(Phase.FAILED, runner=a_runner(active_deadline=1))) == [DELETE_CLUSTER]


def test_a_runner_whose_containers_have_ended_ends_by_itself() -> None:
    runner = a_runner(ended("runner", 0))
    assert actions(a_world(Phase.SUCCEEDED, runner=runner)) == [DELETE_CLUSTER]


def test_a_sidecar_that_outlives_the_runner_is_stopped() -> None:
    runner = a_runner(ended("runner", 0), running("proxy"))
    assert actions(a_world(Phase.SUCCEEDED, runner=runner)) == [STOP, DELETE_CLUSTER]


def test_a_runner_that_never_started_is_deleted() -> None:
    runner = a_runner(waiting("runner", "ErrImagePull"), phase="Pending")
    assert actions(a_world(Phase.FAILED, runner=runner)) == [DELETE_RUNNER, DELETE_CLUSTER]


def test_a_runner_under_deletion_is_left_alone() -> None:
    assert actions(a_world(Phase.FAILED, runner=a_runner(deleted=NOW))) == [DELETE_CLUSTER]


def test_a_released_run_has_nothing_left_to_do() -> None:
    assert actions(released()) == []


def test_a_run_whose_time_to_live_is_over_is_deleted_in_background() -> None:
    world = replace(released(ttlSecondsAfterFinished=5), now=NOW + timedelta(seconds=5))
    assert actions(world) == [Delete(Kind.FLOW_RUN, "data", "diamond", UID)]


def test_a_run_is_not_deleted_before_its_cluster_was_given_up() -> None:
    run = a_run(Phase.FAILED, spec={"ttlSecondsAfterFinished": 0})
    runner = a_runner(ended("runner", 0), phase="Succeeded")
    assert actions(a_world(run=run, runner=runner)) == [DELETE_CLUSTER]


def test_a_worker_group_made_after_its_cluster_went_goes_too() -> None:
    world = replace(released(), children=Children(worker_groups=(a_worker_group(owner_uid=None),)))
    assert actions(world) == [DELETE_GROUP]


SWEEPS: dict[str, tuple[Children, list[Action]]] = {
    "nothing": (Children(), []),
    "a cluster": (Children(clusters=(a_cluster(),)), [SWEEP_CLUSTER]),
    "a cluster under foreground deletion": (
        Children(clusters=(a_cluster(**FOREGROUND),), deployments=(a_deployment(),)),
        [],
    ),
    "a cluster deleted in background whose scheduler stays": (
        Children(clusters=(a_cluster(**BACKGROUND),), deployments=(a_deployment(),)),
        [SWEEP_CLUSTER],
    ),
    "a cluster deleted in background whose workers stay": (
        Children(clusters=(a_cluster(**BACKGROUND),), worker_groups=(a_worker_group(),)),
        [SWEEP_CLUSTER],
    ),
    "a cluster deleted in background whose children go": (
        Children(
            clusters=(a_cluster(**BACKGROUND),),
            deployments=(a_deployment(deletion_timestamp=NOW),),
            worker_groups=(a_worker_group(deletion_timestamp=NOW),),
            pods=(a_dask_pod(),),
        ),
        [],
    ),
    "a cluster that waits for dask-kubernetes alone": (
        Children(clusters=(a_cluster(**BACKGROUND),)),
        [],
    ),
    "a cluster that has waited for dask-kubernetes alone for a minute": (
        Children(clusters=(a_cluster(**MINUTE_AGO),)),
        [Unblock(Kind.DASK_CLUSTER, "data", CLUSTER, CLUSTER_UID, FINALIZER)],
    ),
    "a cluster that somebody else's finalizer holds": (
        Children(clusters=(a_cluster(**(MINUTE_AGO | {"finalizers": ("a", FINALIZER)})),)),
        [],
    ),
    "a worker group whose cluster is there": (
        Children(clusters=(a_cluster(**FOREGROUND),), worker_groups=(a_worker_group(),)),
        [],
    ),
    "a worker group without an owner whose cluster is there": (
        Children(
            clusters=(a_cluster(),),
            worker_groups=(a_worker_group(owner_uid=None),),
        ),
        [SWEEP_CLUSTER],
    ),
    "a worker group without an owner whose cluster goes": (
        Children(
            clusters=(a_cluster(**BACKGROUND),), worker_groups=(a_worker_group(owner_uid=None),)
        ),
        [DELETE_GROUP],
    ),
    "a worker group without an owner that goes with its cluster": (
        Children(
            clusters=(a_cluster(**BACKGROUND),),
            worker_groups=(a_worker_group(owner_uid=None, deletion_timestamp=NOW),),
        ),
        [],
    ),
    "a worker group whose cluster is gone": (
        Children(worker_groups=(a_worker_group(owner_uid=None),)),
        [DELETE_GROUP],
    ),
    "a runner": (Children(pods=(a_runner(),)), [DELETE_RUNNER]),
    "a runner under deletion": (Children(pods=(a_runner(deleted=NOW),)), []),
    "a pod of Dask's, which goes with its owner": (Children(pods=(a_dask_pod(),)), []),
}


@pytest.mark.parametrize(("left", "expected"), SWEEPS.values(), ids=SWEEPS)
def test_what_is_left_of_a_run_that_is_gone(left: Children, expected: list[Action]) -> None:
    assert swept(left) == expected


def test_a_cluster_under_deletion_is_looked_at_again() -> None:
    assert next_sweep(Children(clusters=(a_cluster(**BACKGROUND),)), NOW) == NOW + timedelta(
        seconds=60
    )
    assert next_sweep(Children(clusters=(a_cluster(**MINUTE_AGO),)), NOW) == NOW + timedelta(
        seconds=10
    )
    assert next_sweep(Children(clusters=(a_cluster(),)), NOW) is None


GROUP_OF_A_CLUSTER = Children(
    clusters=(a_cluster(**FOREGROUND),), worker_groups=(a_worker_group(),)
)


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (Children(), False),
        (Children(pods=(a_runner(ended("runner", 0), phase="Succeeded"),)), False),
        (Children(pods=(a_runner(),)), True),
        (Children(clusters=(a_cluster(),)), True),
        (Children(clusters=(a_cluster(**BACKGROUND),), deployments=(a_deployment(),)), True),
        (Children(clusters=(a_cluster(**BACKGROUND),), pods=(a_dask_pod(),)), False),
        (Children(clusters=(a_cluster(**FOREGROUND),), pods=(a_dask_pod(),)), False),
        (Children(clusters=(a_cluster(**MINUTE_AGO),)), True),
        (Children(worker_groups=(a_worker_group(),)), True),
        (GROUP_OF_A_CLUSTER, False),
    ],
)
def test_a_settled_run_is_looked_at_only_if_something_of_it_is_to_be_ended(
    left: Children, expected: bool
) -> None:
    assert has_leftovers(KEY, left, NOW) is expected


def test_a_start_cause_does_not_stop_what_is_missing_from_being_made() -> None:
    world = taken_up(deployments=(a_deployment("is forbidden"),))
    assert judge(world).reason is Reason.FORBIDDEN
    assert actions(world) != []
