"""A few of the kills; `make chaos` does them all."""

import pytest

from tests.chaos import scripts
from tests.chaos.kill_every_write import kill_every_write
from tests.chaos.scripts import Script
from tests.chaos.stand import Stand

pytestmark = [pytest.mark.e2e, pytest.mark.alone, pytest.mark.timeout(300)]

SEED = 20261125


@pytest.mark.parametrize("script", [scripts.SUCCESS, scripts.FAILURE], ids=lambda s: s.title)
def test_a_run_ends_right_whichever_write_its_operator_is_killed_at(
    script: Script, on_simulated_nodes: Stand
) -> None:
    outcome = kill_every_write(script, on_simulated_nodes, SEED, at_most=6)
    print(outcome)
    assert outcome.problems == ()
    assert outcome.counts["kills"] == 6
