"""What the runner says, against docs/contract.md: its own examples and its bounds."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowlib.engine.progress import Counts, FailedTask, Observer
from flowlib.executors.usage import Usage
from flowlib.runner.progress import Progress, Stage
from flowlib.runner.verdict import NO_RESULT, ExitCode, Outcome, Reason, Verdict, small_json

PAGE = (Path(__file__).parents[2] / "docs/contract.md").read_text()

TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"}
COUNT = {"type": "integer", "minimum": 0}
TASKS = {
    "type": "object",
    "properties": dict.fromkeys(
        ["total", "pending", "running", "succeeded", "failed", "skipped"], COUNT
    ),
    "required": ["total", "pending", "running", "succeeded", "failed", "skipped"],
    "additionalProperties": False,
}
WORKERS = {
    "type": "object",
    "properties": {"ready": COUNT},
    "required": ["ready"],
    "additionalProperties": False,
}
USAGE = {
    "type": "object",
    "properties": {
        "workerSeconds": {"type": "number", "minimum": 0},
        "peakMemoryBytes": COUNT,
    },
    "required": ["workerSeconds", "peakMemoryBytes"],
    "additionalProperties": False,
}
FAILED_TASKS = {
    "type": "array",
    "maxItems": 5,
    "items": {
        "type": "object",
        "properties": {
            "name": {"type": "string", "maxLength": 256},
            "message": {"type": "string", "maxLength": 200},
        },
        "required": ["name", "message"],
        "additionalProperties": False,
    },
}
PROGRESS = {
    "type": "object",
    "properties": {
        "stage": {"enum": ["preflight", "waiting", "running", "finished"]},
        "startedAt": TIME,
        "workers": WORKERS,
        "usage": USAGE,
        "tasks": TASKS,
        "tasksResumed": COUNT,
        "failedTasks": FAILED_TASKS,
    },
    "required": ["stage", "workers", "failedTasks"],
    "additionalProperties": False,
}
VERDICT = {
    "type": "object",
    "properties": {
        "version": {"const": 1},
        "outcome": {"enum": ["Succeeded", "Failed", "Stopped"]},
        "reason": {
            "enum": [
                "InvalidFlow",
                "InvalidParameters",
                "VersionMismatch",
                "TaskFailed",
                "SchedulerLost",
                "WorkersLost",
                "RunnerCrashed",
                "ContainerConfig",
            ]
        },
        "message": {"type": "string", "maxLength": 1024},
        "startedAt": TIME,
        "workers": WORKERS,
        "usage": USAGE,
        "tasks": TASKS,
        "tasksResumed": COUNT,
        "failedTasks": FAILED_TASKS,
        "result": {},
    },
    "required": ["version", "outcome", "message", "failedTasks"],
    "additionalProperties": False,
}

counts = st.builds(Counts, *[st.integers(0, 10**9)] * 6)
#: Any characters, also halves of surrogate pairs, and any length around the bounds.
texts = st.builds(
    lambda text, times: text * times,
    st.text(st.characters(codec=None, categories=None), max_size=8),
    st.integers(0, 700),
)
failures = st.lists(st.builds(FailedTask, texts, texts), max_size=5).map(tuple)
moments = st.none() | st.datetimes(min_value=datetime(2000, 1, 1), timezones=st.just(UTC))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)
usages = st.builds(Usage, st.floats(0, 10**9), st.integers(0, 10**15))
verdicts = st.builds(
    Verdict,
    outcome=st.sampled_from(Outcome),
    reason=st.none() | st.sampled_from(Reason),
    message=texts,
    started_at=moments,
    workers_ready=st.none() | st.integers(0, 10**6),
    usage=st.none() | usages,
    tasks=st.none() | counts,
    resumed=st.integers(0, 10**9),
    failed_tasks=failures,
    result=st.just(NO_RESULT) | values,
)


def examples() -> list[Any]:
    """The JSON of the page, each `a | b` reduced to its first word."""
    blocks = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    return [json.loads(re.sub(r'"(\w+) \| [^"]*"', r'"\1"', block)) for block in blocks]


def test_the_examples_of_the_page_are_what_the_schemas_say() -> None:
    progress, verdict = examples()

    jsonschema.validate(progress, PROGRESS)
    jsonschema.validate(verdict, VERDICT)
    assert set(progress) == set(PROGRESS["properties"])  # type: ignore[call-overload]  # a dict
    assert set(verdict) == set(VERDICT["properties"])  # type: ignore[call-overload]  # a dict


def test_the_words_of_the_page_are_the_words_of_the_code() -> None:
    def words(key: str) -> set[str]:
        found = re.findall(rf'"{key}": "([^"]*)"', PAGE)
        return set(found[0].split(" | "))

    assert words("stage") == set(Stage)
    assert words("outcome") == set(Outcome)
    assert words("reason") == set(Reason)
    rows = re.findall(r"^\| (\d+) \| (.+?) \|$", PAGE, re.MULTILINE)
    assert {int(code) for code, _ in rows} == set(ExitCode)


@given(verdicts)
def test_every_verdict_is_json_of_at_most_3_kib(verdict: Verdict) -> None:
    text = verdict.to_json()
    told = json.loads(text)

    assert len(text.encode()) <= 3072
    jsonschema.validate(told, VERDICT)
    assert told["outcome"] == verdict.outcome


def test_an_ordinary_verdict_is_not_cut() -> None:
    failed = tuple(FailedTask(f"task[{n}]", "ValueError('no')") for n in range(5))
    verdict = Verdict(
        Outcome.FAILED,
        Reason.TASK_FAILED,
        "m" * 1024,
        started_at=datetime(2026, 11, 22, 5, tzinfo=UTC),
        workers_ready=2,
        usage=Usage(12.5, 262144000),
        tasks=Counts(10, failed=5),
        failed_tasks=failed,
        result={"answer": 42},
    )
    told = json.loads(verdict.to_json())

    assert told["message"] == "m" * 1024
    assert [task["message"] for task in told["failedTasks"]] == ["ValueError('no')"] * 5
    assert told["result"] == {"answer": 42}
    assert told["startedAt"] == "2026-11-22T05:00:00.000000Z"
    assert told["usage"] == {"workerSeconds": 12.5, "peakMemoryBytes": 262144000}


def test_what_does_not_fit_is_cut_from_the_failures_before_the_message() -> None:
    failed = tuple(FailedTask("n" * 256, "\N{SNOWMAN}" * 200) for _ in range(5))
    verdict = Verdict(Outcome.FAILED, Reason.TASK_FAILED, "m" * 1024, failed_tasks=failed)
    told = json.loads(verdict.to_json())

    assert told["message"] == "m" * 1024
    assert len(told["failedTasks"]) == 5
    assert all(len(task["message"]) < 200 for task in told["failedTasks"])


@pytest.mark.parametrize(
    ("result", "told"), [(None, {"result": None}), (NO_RESULT, {}), (float("inf"), {})]
)
def test_a_result_of_null_is_written_and_none_is_left_out(
    result: Any, told: dict[str, Any]
) -> None:
    verdict = json.loads(Verdict(Outcome.SUCCEEDED, result=result).to_json())
    assert {key: verdict[key] for key in verdict if key == "result"} == told


@given(values)
def test_a_small_result_is_at_most_512_bytes(value: Any) -> None:
    text = small_json(value)
    assert text is None or len(text.encode()) <= 512


@dataclass
class Place:
    """What a run tells of its cluster."""

    workers: int
    usage: Usage


places = st.none() | st.builds(Place, st.integers(0, 10**6), usages)


@given(st.sampled_from(Stage), counts, failures, st.booleans(), places)
def test_every_progress_is_json_of_at_most_16_kib(
    stage: Stage, count: Counts, failed: tuple[FailedTask, ...], loaded: bool, place: Place | None
) -> None:
    observer = Observer()
    observer.publish(count)
    observer.begun()
    observer.resumed(count.skipped)
    for failure in failed:
        observer.failed(failure.name, failure.message, ran=True)
    progress = Progress(observer)
    progress.stage = stage
    progress.loaded = loaded
    progress.place = place

    told = progress.to_json()

    assert len(told) <= 16 * 1024
    jsonschema.validate(json.loads(told), PROGRESS)
    assert json.loads(told).get("tasksResumed", 0) == count.skipped
    assert ("tasks" in json.loads(told)) == loaded
    assert ("usage" in json.loads(told)) == (place is not None)
