"""The Events of a run: its story, in order, in a person's words."""

from datetime import timedelta

import pytest

from flowrun_operator.api import FlowRun, Phase, Reason
from flowrun_operator.judge import judge
from flowrun_operator.observe.world import World
from flowrun_operator.perform.performed import Performed
from flowrun_operator.report.events import LONGEST_NOTE, stories
from flowrun_operator.report.status import compose
from flowrun_operator.report.words import counted, duration
from tests.operator.build import (
    CLUSTER,
    a_dask_pod,
    a_progress,
    a_run,
    a_runner,
    a_testimony,
    a_world,
    ended,
)


def turn(world: World, performed: Performed | None = None) -> tuple[FlowRun, list[str]]:
    """The run after the turn, and the Events of the turn as type, reason and message."""
    status = compose(world, judge(world), performed or Performed())
    told = [f"{s.type} {s.reason}: {s.message}" for s in stories(world.run, status)]
    return world.run.model_copy(update={"status": status}), told


def test_a_run_tells_its_story_in_order() -> None:
    run, story = turn(a_world(None, run=a_run(None), runner=None, cluster=None))
    for changes in (
        {"runner": None, "cluster": None},
        {"dask_pods": (a_dask_pod(),), "progress": a_progress("waiting")},
        {"dask_pods": (a_dask_pod(),), "progress": a_progress("running")},
        {"dask_pods": (a_dask_pod(),), "progress": a_progress("running")},
        {"runner": a_runner(ended("runner", 0, a_testimony()))},
    ):
        run, told = turn(a_world(run=run, **changes))
        story += told
    _, told = turn(a_world(run=run), Performed(released=True))
    assert [*story, *told] == [
        "Normal Pending: The FlowRun is taken up.",
        f"Normal Starting: Attempt 1: DaskCluster {CLUSTER} with 2 workers, "
        f"runner pod {CLUSTER}-runner.",
        "Normal ClusterReady: The scheduler and 2 of 2 workers are ready.",
        "Normal Running: The flow runs on 2 workers; dashboard "
        f"http://{CLUSTER}-scheduler.data.svc:8787/status.",
        "Normal Succeeded: 3/3 tasks succeeded in 0s.",
        f"Normal ClusterDeleted: DaskCluster {CLUSTER} is deleted.",
    ]


def test_a_cause_warns_once_while_it_lasts() -> None:
    stuck = (a_dask_pod(unschedulable="0/1 nodes are available"),)
    run, first = turn(a_world(dask_pods=stuck))
    _, second = turn(a_world(run=run, dask_pods=stuck))
    assert [each.partition(":")[0] for each in first] == ["Warning Unschedulable"]
    assert "0/1 nodes are available" in first[0]
    assert second == []


def test_a_failure_warns_with_its_reason_first() -> None:
    words = a_testimony("Failed", reason="TaskFailed", message="inc failed.")
    _, story = turn(a_world(Phase.RUNNING, runner=a_runner(ended("runner", 3, words))))
    assert story == ["Warning Failed: TaskFailed: inc failed. 3/3 tasks succeeded in 10s."]


def test_a_long_message_fits_an_event() -> None:
    stuck = (a_dask_pod(unschedulable="x" * 3000),)
    world = a_world(dask_pods=stuck)
    status = compose(world, judge(world), Performed())
    assert [len(s.message) for s in stories(world.run, status)] == [LONGEST_NOTE]
    assert status.reason is Reason.UNSCHEDULABLE


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-1, "0s"),
        (6.9, "6s"),
        (95, "95s"),
        (119, "119s"),
        (120, "2m"),
        (200, "3m20s"),
        (7500, "2h5m"),
        (172_800, "2d"),
        (273_600, "3d4h"),
    ],
)
def test_durations_read_as_in_kubectl(seconds: float, words: str) -> None:
    assert duration(timedelta(seconds=seconds)) == words


def test_counts_have_their_plural() -> None:
    assert [counted(n, "task") for n in (0, 1, 2)] == ["0 tasks", "1 task", "2 tasks"]
