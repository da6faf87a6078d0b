"""What a runner answers to GET /progress, read as hostile: it is the user's pod that speaks."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, ValidationError

from flowrun_operator.observe.hostile import (
    FAILED_TASKS,
    Hostile,
    TaskCounts,
    TaskFailure,
    WorkerCount,
    WorkerUsage,
)

#: The most that is read of an answer; the contract's 16 KiB.
LIMIT_BYTES = 16 * 1024


class Progress(Hostile):
    """One answer of a runner. Its ``stage`` turns Starting into Running."""

    stage: Literal["preflight", "waiting", "running", "finished"]
    started_at: Annotated[AwareDatetime | None, Field(alias="startedAt", strict=False)] = None
    workers: WorkerCount = WorkerCount()
    usage: WorkerUsage | None = None
    tasks: TaskCounts | None = None
    tasks_resumed: Annotated[int, Field(alias="tasksResumed", ge=0, le=10**12)] = 0
    failed_tasks: Annotated[
        tuple[TaskFailure, ...], Field(alias="failedTasks", max_length=FAILED_TASKS, strict=False)
    ] = ()

    @property
    def flow_has_started(self) -> bool:
        """The runner has begun to run the flow; one that refused it is finished as well."""
        return self.stage == "running" or self.started_at is not None


def read_progress(body: bytes) -> Progress | None:
    """The answer, or None where it is not one: too long, no JSON, another shape."""
    if len(body) > LIMIT_BYTES:
        return None
    try:
        return Progress.model_validate_json(body)
    except ValidationError:
        return None
