"""The verdict: what a run came to, in at most 3 KiB of JSON that can always be parsed."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from typing import Any

from flowlib.engine.progress import Counts, FailedTask, Snapshot
from flowlib.executors.usage import Usage

MAX_BYTES = 3072
MAX_MESSAGE = 1024
MAX_RESULT = 512
MAX_NAME = 256
MAX_FAILURE = 200


class Outcome(StrEnum):
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    STOPPED = "Stopped"


class Reason(StrEnum):
    """Why a run failed, as far as the runner can know."""

    INVALID_FLOW = "InvalidFlow"
    INVALID_PARAMETERS = "InvalidParameters"
    VERSION_MISMATCH = "VersionMismatch"
    TASK_FAILED = "TaskFailed"
    SCHEDULER_LOST = "SchedulerLost"
    WORKERS_LOST = "WorkersLost"
    RUNNER_CRASHED = "RunnerCrashed"
    CONTAINER_CONFIG = "ContainerConfig"


class ExitCode(IntEnum):
    SUCCEEDED = 0
    FAULT = 1
    INVALID = 2
    FAILED = 3
    STOPPED = 143


#: Stands for a result that is not told; None is a result.
NO_RESULT: Any = type("NoResult", (), {"__repr__": lambda self: "<no result>"})()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run came to."""

    outcome: Outcome
    reason: Reason | None = None
    message: str = ""
    started_at: datetime | None = None
    workers_ready: int | None = None
    usage: Usage | None = None
    tasks: Counts | None = None
    #: How many of the tasks were taken over from an earlier attempt.
    resumed: int = 0
    failed_tasks: tuple[FailedTask, ...] = ()
    #: The only reference task's value, or NO_RESULT.
    result: Any = field(default=NO_RESULT)

    @property
    def exit_code(self) -> ExitCode:
        if self.outcome is Outcome.SUCCEEDED:
            return ExitCode.SUCCEEDED
        if self.outcome is Outcome.STOPPED:
            return ExitCode.STOPPED
        if self.reason in (Reason.INVALID_FLOW, Reason.INVALID_PARAMETERS):
            return ExitCode.INVALID
        if self.reason is Reason.RUNNER_CRASHED:
            return ExitCode.FAULT
        return ExitCode.FAILED

    def to_json(self) -> str:
        """Cut where it is too long: failedTasks' messages first, then failedTasks, then message."""
        failed = [
            {"name": task.name[:MAX_NAME], "message": task.message[:MAX_FAILURE]}
            for task in self.failed_tasks
        ]
        message = self.message[:MAX_MESSAGE]
        text = self._json(failed, message)
        for shown in (80, 0):
            if len(text) > MAX_BYTES:
                failed = [{**task, "message": task["message"][:shown]} for task in failed]
                text = self._json(failed, message)
        while failed and len(text) > MAX_BYTES:
            failed.pop()
            text = self._json(failed, message)
        while message and len(text) > MAX_BYTES:
            message = message[: len(message) // 2]
            text = self._json(failed, message)
        return text

    def _json(self, failed: list[dict[str, str]], message: str) -> str:
        told: dict[str, Any] = {"version": 1, "outcome": self.outcome}
        if self.reason is not None:
            told["reason"] = self.reason
        told["message"] = message
        if self.started_at is not None:
            told["startedAt"] = timestamp(self.started_at)
        if self.workers_ready is not None:
            told["workers"] = {"ready": self.workers_ready}
        if self.usage is not None:
            told["usage"] = usage_json(self.usage)
        if self.tasks is not None:
            told["tasks"] = self.tasks.to_dict()
        if self.resumed:
            told["tasksResumed"] = self.resumed
        told["failedTasks"] = failed
        if (result := small_json(self.result)) is not None:
            told["result"] = json.loads(result)
        return json.dumps(told)


def stopped(by: str, stage: str, snapshot: Snapshot, *, loaded: bool) -> Verdict:
    """The verdict of a run that was stopped; what it had not waited for counts as not begun."""
    counts = snapshot.counts.of(snapshot.counts.total, running=0)
    message = f"stopped by {by} while {stage}"
    if loaded:
        message += f": {counts.ended} of {counts.total} tasks had ended"
    return Verdict(
        Outcome.STOPPED,
        message=message,
        started_at=snapshot.started_at,
        tasks=counts if loaded else None,
        resumed=snapshot.resumed,
        failed_tasks=snapshot.failed_tasks,
    )


def usage_json(usage: Usage) -> dict[str, Any]:
    """As progress and verdict have it."""
    return {
        "workerSeconds": usage.worker_seconds,
        "peakMemoryBytes": usage.peak_memory_bytes,
    }


def timestamp(moment: datetime) -> str:
    """RFC 3339 with microseconds, in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def small_json(value: Any) -> str | None:
    """The value as JSON of at most 512 bytes; None where it is too large, or no JSON.

    Encoded piece by piece, so that a huge value costs no more than a small one.
    """
    if value is NO_RESULT or (isinstance(value, str) and len(value) > MAX_RESULT):
        return None
    text = ""
    try:
        for piece in json.JSONEncoder(allow_nan=False).iterencode(value):
            text += piece
            if len(text) > MAX_RESULT:
                return None
    except (TypeError, ValueError, RecursionError):
        return None
    return text
