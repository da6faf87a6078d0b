"""What the runner answers to GET /progress: read by other threads at any time."""

import json
from enum import StrEnum
from typing import Any, Protocol

from flowlib.engine.progress import Observer
from flowlib.executors.usage import Usage
from flowlib.runner.verdict import MAX_FAILURE, MAX_NAME, timestamp, usage_json


class Stage(StrEnum):
    PREFLIGHT = "preflight"
    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"


class Place(Protocol):
    """Where the flow runs, as far as progress is concerned."""

    @property
    def workers(self) -> int: ...
    @property
    def usage(self) -> Usage: ...


class Progress:
    """Written by the runner's thread: the stage, and where to look for the rest."""

    def __init__(self, observer: Observer) -> None:
        self.observer = observer
        self.stage = Stage.PREFLIGHT
        self.loaded = False
        self.place: Place | None = None

    @property
    def workers_ready(self) -> int:
        """How many workers the scheduler knows, as far as was heard."""
        return self.place.workers if self.place is not None else 0

    @property
    def usage(self) -> Usage | None:
        """What the workers used; None before the scheduler was reached."""
        return self.place.usage if self.place is not None else None

    def to_json(self) -> bytes:
        snapshot = self.observer.snapshot
        told: dict[str, Any] = {"stage": self.stage}
        if snapshot.started_at is not None:
            told["startedAt"] = timestamp(snapshot.started_at)
        told["workers"] = {"ready": self.workers_ready}
        if (usage := self.usage) is not None:
            told["usage"] = usage_json(usage)
        if self.loaded:
            told["tasks"] = snapshot.counts.to_dict()
        if snapshot.resumed:
            told["tasksResumed"] = snapshot.resumed
        told["failedTasks"] = [
            {"name": task.name[:MAX_NAME], "message": task.message[:MAX_FAILURE]}
            for task in snapshot.failed_tasks
        ]
        # As UTF-8 and not as escapes of twelve characters, which could exceed 16 KiB. Half a
        # surrogate pair, which UTF-8 cannot hold, stays an escape.
        return json.dumps(told, ensure_ascii=False).encode("utf-8", "backslashreplace")
