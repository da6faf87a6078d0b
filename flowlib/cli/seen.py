"""What a FlowRun says of itself, read from its JSON with nothing taken for granted.

The status may be absent (no operator yet), from a newer version, or half-way; a screen shows
what is there.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flowlib.cli.exits import Exit

FINISHED = frozenset({"Succeeded", "Failed", "Cancelled"})
EXIT_OF_PHASE = {
    "Succeeded": Exit.SUCCEEDED,
    "Failed": Exit.FAILED,
    "Cancelled": Exit.CANCELLED,
}


@dataclass(frozen=True)
class Tasks:
    """Counts of single tasks and children of mapped tasks."""

    total: int = 0
    pending: int = 0
    running: int = 0
    succeeded: int = 0
    failed: int = 0
    skipped: int = 0

    @classmethod
    def from_json(cls, counts: dict[str, Any]) -> "Tasks":
        return cls(**{name: int(counts.get(name, 0)) for name in cls.__dataclass_fields__})


@dataclass(frozen=True)
class SeenAttempt:
    """One row of ``status.attempts``."""

    body: dict[str, Any]

    @property
    def number(self) -> int:
        return int(self.body.get("number", 0))

    @property
    def reason(self) -> str:
        return str(self.body.get("reason") or "")

    @property
    def runner_pod_name(self) -> str:
        return str(self.body.get("runnerPodName") or "")

    @property
    def post_mortem(self) -> str:
        """Name of the ConfigMap with its pods' last words; "" where there is none."""
        return str(self.body.get("postMortem") or "")


@dataclass(frozen=True)
class SeenRun:
    """One FlowRun as the API server gave it."""

    body: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.body["metadata"]["name"])

    @property
    def namespace(self) -> str:
        return str(self.body["metadata"]["namespace"])

    @property
    def uid(self) -> str:
        return str(self.body["metadata"]["uid"])

    @property
    def resource_version(self) -> str:
        return str(self.body["metadata"]["resourceVersion"])

    @property
    def annotations(self) -> dict[str, str]:
        return self.body["metadata"].get("annotations") or {}

    @property
    def created(self) -> datetime:
        return moment(self.body["metadata"]["creationTimestamp"])

    @property
    def spec(self) -> dict[str, Any]:
        return self.body.get("spec") or {}

    @property
    def status(self) -> dict[str, Any]:
        return self.body.get("status") or {}

    @property
    def phase(self) -> str:
        """Pending where no operator has written a status yet."""
        return str(self.status.get("phase") or "Pending")

    @property
    def finished(self) -> bool:
        return self.phase in FINISHED

    @property
    def taken_up(self) -> bool:
        """Whether an operator has seen it."""
        return bool(self.status.get("phase"))

    @property
    def reason(self) -> str:
        return str(self.status.get("reason") or "")

    @property
    def message(self) -> str:
        return str(self.status.get("message") or "")

    @property
    def tasks(self) -> Tasks | None:
        counts = self.status.get("tasks")
        return None if counts is None else Tasks.from_json(counts)

    @property
    def failed_tasks(self) -> list[tuple[str, str]]:
        """Name and exception of the first that failed."""
        return [
            (str(task.get("name", "")), str(task.get("message", "")))
            for task in self.status.get("failedTasks") or []
        ]

    @property
    def attempts(self) -> list["SeenAttempt"]:
        """Oldest first."""
        return [SeenAttempt(body) for body in self.status.get("attempts") or []]

    @property
    def dashboard_url(self) -> str:
        return str(self.status.get("dashboardURL") or "")

    @property
    def cluster_name(self) -> str:
        return str(self.status.get("clusterName") or "")

    @property
    def runner_pod_name(self) -> str:
        return str(self.status.get("runnerPodName") or "")

    def summary(self, column: str) -> str:
        return str((self.status.get("summary") or {}).get(column) or "")


def moment(text: str) -> datetime:
    """An RFC 3339 time of the API server."""
    return datetime.fromisoformat(text)
