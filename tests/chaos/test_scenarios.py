"""All scenarios in short; `make chaos` does them at their full counts."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import pytest

from tests.chaos import scripts
from tests.chaos.deletions import deletions
from tests.chaos.faults import under_faults
from tests.chaos.kill_every_write import kill_every_write
from tests.chaos.node_gone import node_gone
from tests.chaos.outcome import Outcome
from tests.chaos.overlap import overlap
from tests.chaos.scripts import Script
from tests.chaos.stand import Stand
from tests.chaos.takeover import takeover

pytestmark = [pytest.mark.e2e, pytest.mark.alone, pytest.mark.timeout(400)]

SEED = 20261125
KILLS = 5  # of about 44, 38, 24 and 20 that are possible
SCRIPTS = (scripts.SUSPEND_AND_RESUME, scripts.RETRY, scripts.CANCEL, scripts.SUCCESS)
Held = Callable[[Outcome], Outcome]
Outcomes = Mapping[str, "Future[Outcome]"]


@pytest.fixture(scope="module")
def side_by_side(on_simulated_nodes: Stand) -> Iterator[Outcomes]:
    """Those whose operator serves one namespace alone."""
    kill = partial(kill_every_write, stand=on_simulated_nodes, seed=SEED, at_most=KILLS)
    with ThreadPoolExecutor(1 + len(SCRIPTS), thread_name_prefix="scenario") as pool:
        # What waits longest comes first.
        gone = {"node gone": pool.submit(node_gone, on_simulated_nodes)}
        yield gone | {script.title: pool.submit(kill, script) for script in SCRIPTS}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.title)
def test_a_run_ends_right_whichever_write_its_operator_is_killed_at(
    script: Script, side_by_side: Outcomes, held: Held
) -> None:
    outcome = held(side_by_side[script.title].result())
    assert outcome.counts["kills"] == KILLS


def test_a_run_goes_on_elsewhere_when_its_node_is_gone(side_by_side: Outcomes, held: Held) -> None:
    held(side_by_side["node gone"].result())


def test_runs_end_right_while_a_fifth_of_all_requests_fails(
    on_simulated_nodes: Stand, held: Held
) -> None:
    outcome = held(under_faults(30, on_simulated_nodes, SEED))
    assert int(outcome.counts["faults"]) > 50


def test_the_next_operator_takes_over_all_runs_in_flight(
    on_simulated_nodes: Stand, held: Held
) -> None:
    held(takeover(20, on_simulated_nodes, SEED))


def test_a_group_never_exceeds_its_limit_and_keeps_its_order(
    on_simulated_nodes: Stand, held: Held
) -> None:
    outcome = held(overlap(12, 3, on_simulated_nodes))
    assert outcome.counts["at most at once"] == 3


def test_nothing_is_left_of_runs_that_are_deleted_or_cancelled_at_any_moment(
    on_simulated_nodes: Stand, held: Held
) -> None:
    held(deletions(24, on_simulated_nodes, SEED))
