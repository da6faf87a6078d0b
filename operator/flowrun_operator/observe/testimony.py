"""What a runner left as its termination message: its verdict, read as hostile."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field, ValidationError, field_validator, model_validator

from flowrun_operator.api.reasons import VERDICT_REASONS, Reason
from flowrun_operator.observe.hostile import (
    FAILED_TASKS,
    Hostile,
    LongText,
    TaskCounts,
    TaskFailure,
    WorkerCount,
    WorkerUsage,
    clean_result,
)

#: Kubernetes keeps at most 4 KiB of a termination message.
LIMIT_BYTES = 4096


class Testimony(Hostile):
    """The runner's own verdict. The judge gives the one that counts, and mostly follows it."""

    version: Literal[1]
    outcome: Literal["Succeeded", "Failed", "Stopped"]
    reason: Annotated[Reason | None, Field(strict=False)] = None
    message: LongText = ""
    started_at: Annotated[AwareDatetime | None, Field(alias="startedAt", strict=False)] = None
    workers: WorkerCount = WorkerCount()
    usage: WorkerUsage | None = None
    tasks: TaskCounts | None = None
    tasks_resumed: Annotated[int, Field(alias="tasksResumed", ge=0, le=10**12)] = 0
    failed_tasks: Annotated[
        tuple[TaskFailure, ...], Field(alias="failedTasks", max_length=FAILED_TASKS, strict=False)
    ] = ()
    result: Any = None

    @property
    def accuses(self) -> bool:
        """The runner names a fault of its flow or of the cluster: it was not just stopped."""
        return self.outcome == "Failed" and self.reason is not Reason.RUNNER_CRASHED

    @field_validator("result")
    @classmethod
    def _result_fits(cls, value: Any) -> Any:
        return clean_result(value)

    @model_validator(mode="after")
    def _reason_fits(self) -> "Testimony":
        if (self.outcome == "Failed") != (self.reason in VERDICT_REASONS):
            raise ValueError(
                "a failure has one of the runner's own reasons, any other outcome none"
            )
        return self


def read_testimony(message: str) -> Testimony | None:
    """The verdict, or None where the termination message is not one."""
    if not message or len(message.encode(errors="replace")) > LIMIT_BYTES:
        return None
    try:
        return Testimony.model_validate_json(message.encode(errors="replace"))
    except ValidationError:
        return None
