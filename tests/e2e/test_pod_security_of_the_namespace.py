"""With podSecurity: namespace the API server's own Pod Security refuses what breaks it.

The only rows of the table that want another value of the chart: it is upgraded here, and back.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e import reasons_page
from tests.e2e.bad_input import PARTS, REFUSED_BY_POD_SECURITY, Row, names_cause
from tests.e2e.release import Release
from tests.e2e.story import Story, play
from tests.e2e.watch import Watch

pytestmark = [pytest.mark.e2e, pytest.mark.alone, pytest.mark.timeout(480)]


@pytest.fixture(scope="module")
def stories(operator: Release, flowruns: Watch) -> Iterator[dict[str, Story]]:
    operator.install("--set", "podSecurity=namespace")
    try:
        with ThreadPoolExecutor(len(PARTS)) as pool:
            played = [
                pool.submit(play, row.id, row.spec, flowruns, runner_stays=row.runner_stays)
                for row in REFUSED_BY_POD_SECURITY
            ]
            yield {
                row.id: story.result()
                for row, story in zip(REFUSED_BY_POD_SECURITY, played, strict=True)
            }
    finally:
        operator.install()


@pytest.mark.parametrize("row", REFUSED_BY_POD_SECURITY, ids=lambda row: row.id)
def test_a_pod_that_the_namespace_refuses(row: Row, stories: dict[str, Story]) -> None:
    story = stories[row.id]
    assert (story.status["phase"], story.status["reason"]) == ("Failed", "Forbidden")
    for word in row.words:
        assert word in story.status["message"]
    assert list(reasons_page.shown("Forbidden", story.status["message"])), story.status["message"]
    assert any(names_cause(seen, row) for seen in story.history)
    assert story.phases[-2:] == ["Starting", "Failed"]
    assert story.left_at_end == story.wanted_at_end
    assert story.left_after_deletion == set()
