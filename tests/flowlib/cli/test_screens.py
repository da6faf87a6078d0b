from datetime import UTC, datetime

import pytest

from flowlib.cli import screens
from flowlib.cli.seen import SeenRun, Tasks
from tests.flowlib.cli.goldens import ENDING, RUNNING_SCREEN

NOW = datetime(2026, 11, 22, 5, 0, 11, tzinfo=UTC)
RUNNING = {
    "phase": "Running",
    "attempt": 1,
    "attempts": [
        {
            "number": 1,
            "startTime": "2026-11-22T05:00:01Z",
            "clusterName": "diamond-1-3f9c2",
            "runnerPodName": "diamond-1-3f9c2-runner",
        }
    ],
    "clusterName": "diamond-1-3f9c2",
    "runnerPodName": "diamond-1-3f9c2-runner",
    "dashboardURL": "http://diamond-1-3f9c2-scheduler.data:8787",
    "workers": {"desired": 2, "ready": 2},
    "tasks": {"total": 301, "succeeded": 180, "running": 2, "pending": 119},
    "summary": {"workers": "2/2", "tasks": "180/301", "duration": "6s"},
    "conditions": [
        {"type": "Valid", "status": "True", "reason": "Valid", "message": "The spec is valid."},
        {"type": "ClusterReady", "status": "True", "reason": "Ready", "message": "2 workers."},
    ],
}
FAILED = {
    "phase": "Failed",
    "reason": "TaskFailed",
    "message": "1 of 3 tasks failed",
    "runnerPodName": "nightly-1-abcde-runner",
    "tasks": {"total": 3, "succeeded": 1, "failed": 1, "skipped": 1},
    "failedTasks": [{"name": "inc[3]", "message": "ValueError('no')"}],
    "summary": {"workers": "0/1", "tasks": "1/3", "duration": "95s"},
    "attempts": [
        {
            "number": 1,
            "startTime": "2026-11-22T04:58:00Z",
            "endTime": "2026-11-22T04:59:35Z",
            "exitCode": 3,
            "reason": "TaskFailed",
            "message": "1 of 3 tasks failed",
        }
    ],
}


@pytest.fixture
def seen(a_flowrun):
    return lambda name="diamond", **status: SeenRun(a_flowrun(name, **status))


def test_a_running_run_at_one_look(seen):
    assert screens.screen(seen(**RUNNING), NOW).plain == RUNNING_SCREEN


def test_a_failed_run_says_why_and_where_to_look(seen):
    assert (
        screens.screen(seen("nightly", **FAILED), NOW).plain
        == """\
FlowRun data/nightly  Failed
  Flow         diamond.py
  Reason       TaskFailed
  Message      1 of 3 tasks failed
  Created      11s ago
  Duration     95s
  Tasks        1 of 3 succeeded, 1 failed, 1 skipped
  Runner pod   nightly-1-abcde-runner

Failed tasks
  inc[3]   ValueError('no')

Attempts
  1   ended after 95s   exit code 3   TaskFailed   1 of 3 tasks failed

Next
  flowrun why nightly -n data
  kubectl describe fr nightly -n data
  kubectl logs nightly-1-abcde-runner -n data"""
    )


def test_a_run_that_no_operator_has_seen_is_pending_and_says_so(seen):
    assert (
        screens.screen(seen(), NOW).plain
        == """\
FlowRun data/diamond  Pending
  Flow      diamond.py
  Created   11s ago

Next
  kubectl describe fr diamond -n data   # no operator has taken it up yet"""
    )


def test_the_table_has_kubectls_columns(seen):
    runs = [seen(**RUNNING), seen("nightly", **FAILED), seen("new")]
    dashboard = "http://diamond-1-3f9c2-scheduler.data:8787"
    assert (
        screens.table(runs, NOW).plain
        == f"""\
NAME      PHASE     WORKERS   TASKS     {"DASHBOARD":42}   DURATION   AGE
diamond   Running   2/2       180/301   {dashboard}   6s         11s
nightly   Failed    0/1       1/3       {"-":42}   95s        11s
new       Pending   -         -         {"-":42}   -          11s"""
    )


@pytest.mark.parametrize(
    ("status", "line"),
    [
        ({}, "diamond: Pending"),
        ({"phase": "Running"}, "diamond: Running"),
        (
            {"phase": "Starting", "reason": "ImagePull", "message": "no such image"},
            "diamond: Starting (ImagePull: no such image)",
        ),
    ],
)
def test_news_is_one_line(seen, status, line):
    assert screens.news(seen(**status)) == line


def test_a_finished_run_ends_with_its_result():
    tasks = {"total": 301, "succeeded": 301}
    assert screens.ending({"phase": "Succeeded", "tasks": tasks, "result": 9900}).plain == ENDING


def test_a_result_of_none_is_a_result():
    assert screens.ending({"phase": "Succeeded", "result": None}).plain == (
        "Phase    Succeeded\nResult   null"
    )


def test_no_result_is_not_shown_as_one():
    assert screens.ending({"phase": "Succeeded"}).plain == "Phase   Succeeded"


def test_the_count_of_tasks_leaves_out_what_is_nought():
    assert screens.counted(Tasks(total=3, succeeded=3)) == "3 of 3 succeeded"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-3, "0s"),
        (119, "119s"),
        (120, "2m"),
        (121, "2m1s"),
        (3600, "60m"),
        (3 * 3600, "3h"),
        (3 * 3600 + 60, "3h1m"),
        (9 * 3600 + 60, "9h"),
        (48 * 3600, "2d"),
        (49 * 3600, "2d1h"),
        (9 * 86400, "9d"),
    ],
)
def test_an_age_is_written_as_kubectl_does(seconds, words):
    assert screens.age(seconds) == words


def test_what_an_attempt_took_over_and_where_it_is_kept_is_told(seen):
    first = {**FAILED["attempts"][0], "tasksResumed": 0}
    second = {"number": 2, "startTime": "2026-11-22T05:00:01Z", "tasksResumed": 120}
    told = seen(**RUNNING | {"attempts": [first, second], "resultsURL": "s3://b/data/diamond-3f"})

    shown = screens.screen(told, NOW).plain

    assert "  Results kept   s3://b/data/diamond-3f\n" in shown
    assert "1 of 3 tasks failed\n" in shown
    assert shown.count("120 tasks taken over") == shown.count("taken over") == 1
