"""A runner may answer GET /progress with anything: its run is unharmed, and the operator counts."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.metrics import metric
from tests.e2e.specs import Spec, spec
from tests.e2e.story import Story, play
from tests.e2e.watch import Watch

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(480)]

# How the runner answers -> how the operator counts it.
ANSWERS = {"garbage": "garbage", "endless": "too_large", "slow": "slow", "elsewhere": "status"}
PULLS = "flowrun_progress_pulls_total"


def badly_answering(how: str) -> Spec:
    return spec("bad_progress.py", {"env": [{"name": "BAD_PROGRESS", "value": how}]})


def counted() -> dict[str, float]:
    return {result: metric(PULLS, result=result) for result in ANSWERS.values()}


@pytest.fixture(scope="module")
def before() -> dict[str, float]:
    return counted()


@pytest.fixture(scope="module")
def stories(flowruns: Watch, before: dict[str, float]) -> Iterator[Mapping[str, Story]]:
    with ThreadPoolExecutor(len(ANSWERS)) as pool:
        played = {how: pool.submit(play, how, badly_answering(how), flowruns) for how in ANSWERS}
        yield {how: story.result() for how, story in played.items()}


@pytest.mark.parametrize("how", ANSWERS)
def test_the_run_is_unharmed(how: str, stories: Mapping[str, Story]) -> None:
    story = stories[how]
    assert (story.status["phase"], story.status["result"]) == ("Succeeded", 6)
    # Told by the verdict alone, which says when the flow started.
    assert story.phases[-2:] == ["Running", "Succeeded"]
    assert story.left_at_end == story.wanted_at_end
    assert story.left_after_deletion == set()


@pytest.mark.parametrize("how", ANSWERS)
def test_it_is_counted(how: str, stories: Mapping[str, Story], before: dict[str, float]) -> None:
    assert stories[how]
    assert counted()[ANSWERS[how]] > before[ANSWERS[how]]
