"""What kubectl shows of a run is what docs/kubectl.md says, but for times and names by chance."""

import pytest

from tests.e2e.kubectl_page import PAGE, Exchange, played, written
from tests.e2e.release import Release

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

WRITTEN = written(PAGE.read_text())


@pytest.fixture(scope="module")
def fresh(operator: Release) -> dict[str, Exchange]:
    commands = [exchange.command for exchange in WRITTEN]
    assert len(commands) == len(set(commands)), "each command has its own place in the page"
    return {exchange.command: exchange for exchange in played(commands)}


@pytest.mark.parametrize("exchange", WRITTEN, ids=lambda exchange: exchange.command.split("\n")[0])
def test_kubectl_prints_what_the_page_says(exchange: Exchange, fresh: dict[str, Exchange]) -> None:
    assert fresh[exchange.command].masked() == exchange.masked()


def test_the_page_shows_every_view_of_a_run() -> None:
    commands = " ".join(exchange.command for exchange in WRITTEN)
    for view in ("get fr", "-o wide", "describe", "wait", "explain", "events"):
        assert view in commands
