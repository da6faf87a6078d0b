"""The acting replica is killed: three times at moments of a run's life, and once with many runs."""

import pytest

from tests.chaos.replicas import replicas
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


def test_the_other_replica_goes_on_with_all_runs_in_flight(
    operator: Release, flowruns: Watch
) -> None:
    outcome = replicas(4, operator, flowruns)
    assert outcome.problems == ()
    assert outcome.counts["seconds until it wrote"] != "never"
