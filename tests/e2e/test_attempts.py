"""Attempts on the real cluster: every row of attempts.py, side by side."""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise

import pytest

from tests.e2e import reasons_page
from tests.e2e.attempts import ROWS, Row, patch
from tests.e2e.leftovers import settle
from tests.e2e.namespaces import RESTRICTED, fresh_namespace
from tests.e2e.runs import apply_run, condition, finished, phase, status
from tests.e2e.specs import spec
from tests.e2e.story import NAME, Story, kept, play
from tests.e2e.watch import Watch

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

AT_ONCE = 4
Stories = Mapping[str, "Future[Story]"]
each = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)


@pytest.fixture(scope="module")
def stories(flowruns: Watch) -> Iterator[Stories]:
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="row") as pool:
        yield {
            row.id: pool.submit(
                play,
                row.id,
                row.spec,
                flowruns,
                objects=row.objects,
                fault=row.fault,
                fault_while=row.while_it_is,
            )
            for row in ROWS
        }
        pool.shutdown(wait=False, cancel_futures=True)


@each
def test_the_run_ends_so_and_its_attempts_tell_how(row: Row, stories: Stories) -> None:
    seen = stories[row.id].result().status
    assert seen["phase"] == row.phase, seen.get("message")
    reasons = [attempt.get("reason") for attempt in seen["attempts"]]
    assert reasons == list(row.reasons), seen["attempts"]
    for word in row.words:
        assert word in seen["attempts"][0]["message"]


@pytest.mark.parametrize("row", [row for row in ROWS if row.reasons[0]], ids=lambda row: row.id)
def test_the_page_of_reasons_shows_the_message(row: Row, stories: Stories) -> None:
    first = stories[row.id].result().status["attempts"][0]
    assert list(reasons_page.shown(first["reason"], first["message"])), first["message"]


@each
def test_attempts_never_overlap_and_have_names_of_their_own(row: Row, stories: Stories) -> None:
    attempts = stories[row.id].result().status["attempts"]
    assert [attempt["number"] for attempt in attempts] == list(range(1, len(attempts) + 1))
    assert len({attempt["runnerPodName"] for attempt in attempts}) == len(attempts)
    for before, after in pairwise(attempts):
        assert before["endTime"] <= after["startTime"]


@each
def test_what_had_ended_stands_in_its_attempt(row: Row, stories: Stories) -> None:
    for attempt in stories[row.id].result().status["attempts"]:
        tasks = attempt["tasks"]
        assert tasks["total"] == sum(n for name, n in tasks.items() if name != "total")
        assert attempt["usage"]["memoryGibibyteSeconds"] > 0


@each
def test_nothing_of_any_attempt_is_left_but_ended_runners(row: Row, stories: Stories) -> None:
    story = stories[row.id].result()
    runners = {f"pod/{a['runnerPodName']}" for a in story.status["attempts"]}
    assert story.left_at_end - runners == story.wanted_at_end - runners
    assert story.left_after_deletion == set()


def test_a_run_that_is_suspended_at_its_creation_uses_nothing(flowruns: Watch) -> None:
    with fresh_namespace("held", RESTRICTED) as namespace:
        run = apply_run(namespace, NAME, spec("some_seconds.py", {"suspend": True}), flowruns)
        held = run.until(lambda seen: phase(seen) == "Suspended", "Suspended")
        assert condition(held, "Suspended")["status"] == "True"
        assert settle(namespace, {f"flowrun.flowrun.dev/{NAME}"}, timeout=10) == {
            f"flowrun.flowrun.dev/{NAME}"
        }
        patch(run, suspend=False)
        end = run.until_finished()
        assert (status(end)["phase"], len(status(end)["attempts"])) == ("Succeeded", 1)


def test_a_cluster_is_kept_until_its_policy_or_the_run_goes(flowruns: Watch) -> None:
    with fresh_namespace("kept", RESTRICTED) as namespace:
        run = apply_run(
            namespace,
            NAME,
            spec("some_seconds.py", {"cleanupPolicy": "Never", "ttlSecondsAfterFinished": 600}),
            flowruns,
        )
        run.until_finished()
        told = run.until(
            lambda seen: condition(seen, "ClusterReady").get("reason") == "ClusterKept", "is kept"
        )
        assert (
            "is kept by cleanupPolicy Never until 20" in condition(told, "ClusterReady")["message"]
        )
        assert run.kubectl.json("get", "daskclusters")["items"] != []
        assert "dashboardURL" in status(told)
        patch(run, cleanupPolicy="Always")
        end = run.until(
            lambda seen: finished(seen) and "dashboardURL" not in status(seen), "cluster's end"
        )
        wanted = kept(end, has_children=True, runner_stays=True)
        assert settle(namespace, wanted, timeout=60) == wanted


def test_a_run_that_another_controller_manages_is_left_alone(flowruns: Watch) -> None:
    with fresh_namespace("managed", RESTRICTED) as namespace:
        theirs = apply_run(
            namespace, "theirs", spec("diamond.py", {"managedBy": "example.org/queue"}), flowruns
        )
        ours = apply_run(
            namespace, "ours", spec("diamond.py", {"managedBy": "flowrun.dev/operator"}), flowruns
        )
        ours.until_finished()
        assert [status(seen) for seen in theirs.history] == [{}]
