"""What the tests of this folder share."""

from collections.abc import Callable, Iterator

import pytest

from tests.chaos.outcome import Outcome
from tests.chaos.stand import Stand, stand


@pytest.fixture(scope="module")
def on_simulated_nodes() -> Iterator[Stand]:
    """One for a module: to take the operator out of the cluster and back costs 15 s."""
    with stand() as found:
        yield found


@pytest.fixture
def held(capsys: pytest.CaptureFixture[str]) -> Callable[[Outcome], Outcome]:
    """held(outcome): its counts are printed, right or wrong; fails with a wrong one."""

    def hold(outcome: Outcome) -> Outcome:
        with capsys.disabled():
            print(f"\n{outcome}")
        assert outcome.problems == ()
        return outcome

    return hold
