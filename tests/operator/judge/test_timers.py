"""When a run wants a turn though nothing happens."""

from dataclasses import replace
from datetime import timedelta

import pytest

from flowrun_operator.api import Phase, Reason
from flowrun_operator.judge import judge
from flowrun_operator.judge.cleanup import expired
from flowrun_operator.judge.timers import wake_at
from flowrun_operator.observe.memory import Memory
from flowrun_operator.observe.pods import OVERDUE
from flowrun_operator.observe.world import Children, World
from flowrun_operator.plan.steps import steps
from tests.operator.build import BEGAN, NOW, a_run, a_runner, a_world, without_a_worker_group
from tests.operator.judge import test_attempts, test_policy
from tests.operator.plan.build import SETTINGS

LATER = {"activeDeadlineSeconds": 30, "cluster": {"workers": 1, "startTimeoutSeconds": 600}}
TTL = {"ttlSecondsAfterFinished": 30}


def test_a_starting_run_wakes_at_its_start_deadline() -> None:
    assert wake_at(a_world()) == BEGAN + timedelta(seconds=60)


def test_a_starting_run_wakes_to_retry_what_was_refused() -> None:
    soon = NOW + timedelta(seconds=4)
    assert wake_at(a_world(memory=Memory(retry_at=soon))) == soon


def test_a_running_run_has_no_timer() -> None:
    assert wake_at(a_world(Phase.RUNNING)) is None


def test_a_runner_under_deletion_is_not_waited_for_beyond_a_minute() -> None:
    assert wake_at(a_world(Phase.RUNNING, runner=a_runner(deleted=NOW))) == NOW + OVERDUE


def test_a_finished_run_wakes_when_its_time_to_live_ends() -> None:
    run = a_run(Phase.FAILED, spec=TTL)
    assert wake_at(a_world(run=run)) == NOW + timedelta(seconds=30)
    assert not expired(a_world(run=run, now=NOW + timedelta(seconds=29)))
    assert expired(a_world(run=run, now=NOW + timedelta(seconds=30)))


def test_a_finished_run_without_a_time_to_live_stays() -> None:
    world = a_world(Phase.SUCCEEDED, now=NOW + timedelta(days=365))
    assert wake_at(world) is None
    assert not expired(world)


def test_a_run_that_has_not_ended_does_not_expire() -> None:
    assert not expired(a_world(run=a_run(Phase.RUNNING, spec=TTL), now=NOW + timedelta(days=1)))


TABLES = (
    test_policy.GOES_ON,
    test_policy.ENDS,
    test_attempts.BETWEEN,
    test_attempts.ENDS,
    {
        "a run with a deadline": (a_world(run=a_run(Phase.RUNNING, spec=LATER)), None),
        "a starting run with a deadline": (a_world(run=a_run(spec=LATER)), None),
        "a flow without workers": (test_attempts.without_workers(10), None),
        "a flow that lost them": (test_attempts.lost_workers(1, *test_attempts.WELL), None),
        "a cluster without a worker group": (without_a_worker_group(10), None),
        "a runner that was told to stop and does not": (
            test_attempts.stopping(Reason.CANCELLED, runner=a_runner(active_deadline=1)),
            None,
        ),
        "a finished run whose runner does not end": (
            a_world(
                Phase.FAILED,
                runner=a_runner(active_deadline=1),
                children=Children(pods=(a_runner(active_deadline=1),)),
            ),
            None,
        ),
        "a kept cluster with a time to live": (
            a_world(run=a_run(Phase.SUCCEEDED, spec=TTL | {"cleanupPolicy": "Never"})),
            None,
        ),
    },
)
WORLDS = {name: world for table in TABLES for name, (world, *_) in table.items()}


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_timers_lead_to_every_change_that_time_alone_brings(world: World) -> None:
    """Without them a run would hang until the next event, or for ever.

    A turn at a timer's very moment must see the change, or set another timer.
    """

    def decided(seconds: int) -> object:
        later = replace(world, now=NOW + timedelta(seconds=seconds))
        verdict = judge(later)
        return verdict.phase, verdict.reason, verdict.begins, steps(later, verdict, SETTINGS)

    now = decided(0)
    change = next((s for s in range(1, 700) if decided(s) != now), None)
    if change is None:
        return
    woken = 0
    while decided(woken) == now:
        moment = wake_at(replace(world, now=NOW + timedelta(seconds=woken)))
        assert moment is not None, f"nobody wakes it after {woken} s"
        woken = max(woken + 1, int((moment - NOW).total_seconds()))
    assert woken <= change
