"""What bad input gets: every row of bad_input.py, on the real cluster.

All rows are played side by side, each in a namespace of its own, so that the module takes as long
as its slowest rows and not as long as their sum.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.e2e import reasons_page
from tests.e2e.bad_input import ROWS, Row, names_cause
from tests.e2e.runs import condition
from tests.e2e.story import Story, play
from tests.e2e.watch import Watch

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(480)]

AT_ONCE = 10  # runs; each has up to three pods, and the node has two cores

Stories = Mapping[str, "Future[Story]"]


@pytest.fixture(scope="module")
def stories(flowruns: Watch) -> Iterator[Stories]:
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="row") as pool:
        yield {row.id: pool.submit(play_row, row, flowruns) for row in ROWS}
        pool.shutdown(wait=False, cancel_futures=True)


def play_row(row: Row, watch: Watch) -> Story:
    return play(
        row.id,
        row.spec,
        watch,
        objects=row.objects,
        fault=row.fault,
        has_children=row.reason != "InvalidSpec",
        runner_stays=row.runner_stays,
    )


def each(*rows: Row) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", rows, ids=lambda row: row.id)


@each(*ROWS)
def test_the_run_fails_with_reason_and_message(row: Row, stories: Stories) -> None:
    seen = stories[row.id].result().status
    assert (seen["phase"], seen["reason"]) == ("Failed", row.reason), seen.get("message")
    for word in row.words:
        assert word in seen["message"]


@each(*ROWS)
def test_the_page_of_reasons_shows_this_message(row: Row, stories: Stories) -> None:
    message = stories[row.id].result().status["message"]
    assert list(reasons_page.shown(row.reason, message)), message


@each(*ROWS)
def test_conditions_say_the_same(row: Row, stories: Stories) -> None:
    end = stories[row.id].result().end
    assert condition(end, "Failed")["status"] == "True"
    assert condition(end, "Failed")["reason"] == row.reason
    assert condition(end, "Finished")["status"] == "True"
    assert condition(end, "Complete").get("status") != "True"


@each(*(row for row in ROWS if row.heals))
def test_a_cause_that_may_heal_is_named_while_starting(row: Row, stories: Stories) -> None:
    story = stories[row.id].result()
    assert any(names_cause(seen, row) for seen in story.history)
    assert story.phases[-2:] == ["Starting", "Failed"]


@each(*(row for row in ROWS if row.runs))
def test_a_run_that_had_started_says_so(row: Row, stories: Stories) -> None:
    assert stories[row.id].result().phases[-2:] == ["Running", "Failed"]


@each(*(row for row in ROWS if not row.runs))
def test_a_run_that_never_started_does_not_claim_it(row: Row, stories: Stories) -> None:
    assert "Running" not in stories[row.id].result().phases


@each(*ROWS)
def test_at_the_end_only_what_is_kept_remains(row: Row, stories: Stories) -> None:
    story = stories[row.id].result()
    assert story.left_at_end == story.wanted_at_end


@each(*ROWS)
def test_after_its_deletion_nothing_remains(row: Row, stories: Stories) -> None:
    assert stories[row.id].result().left_after_deletion == set()


@each(*ROWS)
def test_one_event_warns_of_the_failure_and_its_reason(row: Row, stories: Stories) -> None:
    failures = [each for each in stories[row.id].result().events if each["reason"] == "Failed"]
    assert [each["type"] for each in failures] == ["Warning"]
    assert failures[0]["message"].startswith(f"{row.reason}: ")


def test_a_failed_task_is_named_and_its_neighbours_have_run(stories: Stories) -> None:
    seen = stories["task-raises"].result().status
    assert [task["name"] for task in seen["failedTasks"]][:1] == ["fetch"]
    assert "port closed by peer" in seen["failedTasks"][0]["message"]
    # fetch raised and store stands downstream of it; measure and publish do not.
    assert seen["tasks"]["succeeded"] == 2
    assert seen["tasks"]["failed"] == 2
