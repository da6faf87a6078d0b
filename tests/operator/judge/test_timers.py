"""When a run wants a turn though nothing happens."""

from datetime import timedelta

from flowrun_operator.api import Phase
from flowrun_operator.judge.cleanup import expired
from flowrun_operator.judge.timers import wake_at
from flowrun_operator.observe.memory import Memory
from flowrun_operator.observe.pods import OVERDUE
from tests.operator.build import BEGAN, NOW, a_run, a_runner, a_world

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
