"""All scenarios in short; `make chaos` does them at their full counts."""

import pytest

from tests.chaos import scripts
from tests.chaos.deletions import deletions
from tests.chaos.faults import under_faults
from tests.chaos.kill_every_write import kill_every_write
from tests.chaos.outcome import Outcome
from tests.chaos.overlap import overlap
from tests.chaos.scripts import Script
from tests.chaos.stand import Stand
from tests.chaos.takeover import takeover

pytestmark = [pytest.mark.e2e, pytest.mark.alone, pytest.mark.timeout(400)]

SEED = 20261125
KILLS = 5  # of about 28, 45, 30 and 45 that are possible


def held(outcome: Outcome, capsys: pytest.CaptureFixture[str]) -> Outcome:
    """Its counts are printed, right or wrong."""
    with capsys.disabled():
        print(f"\n{outcome}")
    assert outcome.problems == ()
    return outcome


@pytest.mark.parametrize(
    "script",
    [scripts.SUCCESS, scripts.RETRY, scripts.CANCEL, scripts.SUSPEND_AND_RESUME],
    ids=lambda script: script.title,
)
def test_a_run_ends_right_whichever_write_its_operator_is_killed_at(
    script: Script, on_simulated_nodes: Stand, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = held(kill_every_write(script, on_simulated_nodes, SEED, at_most=KILLS), capsys)
    assert int(outcome.counts["kills"]) >= KILLS - 1  # a run may need one write less than the first


def test_runs_end_right_while_a_fifth_of_all_requests_fails(
    on_simulated_nodes: Stand, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = held(under_faults(30, on_simulated_nodes, SEED), capsys)
    assert int(outcome.counts["faults"]) > 50


def test_the_next_operator_takes_over_all_runs_in_flight(
    on_simulated_nodes: Stand, capsys: pytest.CaptureFixture[str]
) -> None:
    held(takeover(20, on_simulated_nodes, SEED), capsys)


def test_a_group_never_exceeds_its_limit_and_keeps_its_order(
    on_simulated_nodes: Stand, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = held(overlap(12, 3, on_simulated_nodes), capsys)
    assert outcome.counts["at most at once"] == 3


def test_nothing_is_left_of_runs_that_are_deleted_or_cancelled_at_any_moment(
    on_simulated_nodes: Stand, capsys: pytest.CaptureFixture[str]
) -> None:
    held(deletions(24, on_simulated_nodes, SEED), capsys)
