"""A runner's words, as a hostile pod would choose them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowrun_operator.api import Reason
from flowrun_operator.observe.hostile import clean, clean_result, cut
from flowrun_operator.observe.progress import LIMIT_BYTES, read_progress
from flowrun_operator.observe.testimony import read_testimony

PROGRESS: dict[str, Any] = {
    "stage": "running",
    "startedAt": "2026-11-22T05:00:00.000000Z",
    "workers": {"ready": 2},
    "usage": {"workerSeconds": 12.5, "peakMemoryBytes": 262144000},
    "tasks": {
        "total": 301,
        "pending": 100,
        "running": 2,
        "succeeded": 199,
        "failed": 0,
        "skipped": 0,
    },
    "failedTasks": [{"name": "inc[3]", "message": "ValueError('no')"}],
}
SUCCESS: dict[str, Any] = {
    "version": 1,
    "outcome": "Succeeded",
    "workers": {"ready": 2},
    "result": 9900,
}
STOPPED: dict[str, Any] = {
    "version": 1,
    "outcome": "Stopped",
    "message": "stopped by SIGTERM while running: 12 of 40 tasks had ended",
    "usage": {"workerSeconds": 60, "peakMemoryBytes": 1},
}
FAILURE: dict[str, Any] = {
    "version": 1,
    "outcome": "Failed",
    "reason": "TaskFailed",
    "message": "inc failed",
}


def as_bytes(value: Any) -> bytes:
    return json.dumps(value).encode()


def test_the_contracts_example_of_progress_is_read() -> None:
    progress = read_progress(as_bytes(PROGRESS))
    assert progress is not None
    assert progress.flow_has_started
    assert progress.workers.ready == 2
    assert progress.usage is not None
    assert progress.usage.worker_seconds == 12.5
    assert progress.usage.peak_memory_bytes == 262144000
    assert progress.tasks is not None
    assert progress.tasks.succeeded == 199
    assert [task.name for task in progress.failed_tasks] == ["inc[3]"]


@pytest.mark.parametrize("stage", ["preflight", "waiting"])
def test_a_runner_that_waits_has_not_started_the_flow(stage: str) -> None:
    progress = read_progress(as_bytes({"stage": stage}))
    assert progress is not None
    assert not progress.flow_has_started


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{]",
        b"null",
        b"[]",
        b"\xff\xfe",
        b"[" * 16_000,
        as_bytes({}),
        as_bytes({"stage": "done"}),
        as_bytes(PROGRESS | {"workers": {"ready": "2"}}),
        as_bytes(PROGRESS | {"workers": {"ready": -1}}),
        as_bytes(PROGRESS | {"tasks": {"total": 1e400}}),
        as_bytes(PROGRESS | {"tasks": {"total": 10**30}}),
        as_bytes(PROGRESS | {"startedAt": "yesterday"}),
        as_bytes(PROGRESS | {"startedAt": "2026-11-22T05:00:00"}),
        as_bytes(PROGRESS | {"failedTasks": [{"name": "a"}] * 6}),
        as_bytes(PROGRESS | {"failedTasks": [{"name": 3}]}),
        as_bytes(PROGRESS | {"usage": {"workerSeconds": 1.0}}),
        as_bytes(PROGRESS | {"usage": {"workerSeconds": -1.0, "peakMemoryBytes": 0}}),
        as_bytes(PROGRESS | {"usage": {"workerSeconds": float("nan"), "peakMemoryBytes": 0}}),
        as_bytes(PROGRESS | {"usage": {"workerSeconds": 1e400, "peakMemoryBytes": 0}}),
        as_bytes(PROGRESS | {"usage": {"workerSeconds": "1", "peakMemoryBytes": 0}}),
        as_bytes(PROGRESS | {"usage": {"workerSeconds": 1.0, "peakMemoryBytes": 0.5}}),
        as_bytes(PROGRESS | {"x": "y" * LIMIT_BYTES}),
    ],
)
def test_garbage_is_no_progress(body: bytes) -> None:
    assert read_progress(body) is None


def test_a_failed_tasks_words_are_cleaned_and_cut() -> None:
    task = {"name": "a" * 300, "message": "\x1b[31mred\x00\u202e" + "b" * 300}
    progress = read_progress(as_bytes(PROGRESS | {"failedTasks": [task]}))
    assert progress is not None
    [read] = progress.failed_tasks
    assert len(read.name) == 256
    assert len(read.message) == 200
    assert read.message.startswith("[31mredb")


def test_verdicts_are_read() -> None:
    success = read_testimony(json.dumps(SUCCESS))
    stopped = read_testimony(json.dumps(STOPPED))
    failure = read_testimony(json.dumps(FAILURE))
    assert success is not None
    assert (success.outcome, success.result) == ("Succeeded", 9900)
    assert stopped is not None
    assert (stopped.outcome, stopped.reason, stopped.accuses) == ("Stopped", None, False)
    assert stopped.usage is not None
    assert stopped.usage.worker_seconds == 60
    assert failure is not None
    assert (failure.outcome, failure.reason) == ("Failed", Reason.TASK_FAILED)


@pytest.mark.parametrize(
    "message",
    [
        "",
        "no JSON",
        '{"outcome": "Succeeded"}',
        json.dumps(SUCCESS | {"version": 2}),
        json.dumps(SUCCESS | {"version": "1"}),
        json.dumps(SUCCESS | {"reason": "TaskFailed"}),
        json.dumps(STOPPED | {"reason": "RunnerCrashed"}),
        json.dumps(FAILURE | {"reason": "ImagePull"}),
        json.dumps(FAILURE | {"reason": "Whatever"}),
        json.dumps({k: v for k, v in FAILURE.items() if k != "reason"}),
        json.dumps(SUCCESS | {"result": "x" * 4096}),
        "[" * 4000,
        '{"version": 1, "outcome": "Succeeded", "message": "\\ud800"}',
    ],
)
def test_what_is_no_verdict_counts_as_none(message: str) -> None:
    assert read_testimony(message) is None


@pytest.mark.parametrize(
    ("result", "kept"),
    [
        (9900, 9900),
        (None, None),
        ({"a": [1, 2.5, True, "x"]}, {"a": [1, 2.5, True, "x"]}),
        ("\x1b]0;title\x07", "]0;title"),
        ({"\x00a": "b\x7f"}, {"a": "b"}),
        ("x" * 510, "x" * 510),
        ("x" * 511, None),
        (2**63, None),
        ([float("nan")], None),
        (float("inf"), None),
    ],
)
def test_a_result_is_kept_if_the_api_server_can_keep_it(result: Any, kept: Any) -> None:
    assert clean_result(result) == kept


@given(st.binary(max_size=2000))
def test_no_bytes_make_the_reader_raise(body: bytes) -> None:
    read_progress(body)
    read_testimony(body.decode("utf-8", "replace"))


@given(st.text())
def test_clean_text_holds_no_control_characters(text: str) -> None:
    assert all(c in "\n\t" or c.isprintable() or not c.isascii() for c in clean(text))
    assert clean(clean(text)) == clean(text)


def test_a_cut_shows() -> None:
    assert cut("abcdef", 6) == "abcdef"
    assert cut("abcdefg", 6) == "abcde…"
