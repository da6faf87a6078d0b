"""The replica that acts dies with four real runs in flight: another acts, and all end right."""

from collections.abc import Callable

import pytest

from tests.chaos.outcome import Outcome
from tests.chaos.replicas import replicas
from tests.e2e.release import Release
from tests.e2e.runs import FLOWRUNS
from tests.e2e.watch import Watch

pytestmark = [pytest.mark.e2e, pytest.mark.alone, pytest.mark.timeout(400)]


def test_four_runs_end_right_though_the_replica_that_acts_dies(
    held: Callable[[Outcome], Outcome],
) -> None:
    with Watch(FLOWRUNS) as watch:
        outcome = held(replicas(4, Release(), watch))
    assert outcome.counts["seconds until it wrote"] != "never"
