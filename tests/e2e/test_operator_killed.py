"""tests/chaos/kill_operator.py in short: three kills, at the beginning, middle and end of a run."""

import pytest

from tests.chaos.rounds import play
from tests.e2e.release import Release
from tests.e2e.watch import Watch

pytestmark = [pytest.mark.e2e, pytest.mark.alone, pytest.mark.timeout(300)]

SEED = 20261122


def test_runs_end_right_whenever_their_operator_is_killed(
    operator: Release, flowruns: Watch
) -> None:
    rounds = list(play(3, SEED, operator, flowruns))
    assert [str(each) for each in rounds if each.problems] == []
