"""kill_operator.py in short: three kills, at the beginning, middle and end of a real run."""

import pytest

from tests.chaos.rounds import play
from tests.e2e.release import Release
from tests.e2e.runs import FLOWRUNS
from tests.e2e.watch import Watch

pytestmark = [pytest.mark.e2e, pytest.mark.alone, pytest.mark.timeout(300)]

SEED = 20261122


def test_runs_end_right_whenever_their_operator_is_killed() -> None:
    with Watch(FLOWRUNS) as watch:
        rounds = list(play(3, SEED, Release(), watch))
    assert [str(each) for each in rounds if each.problems] == []
