"""What this process remembers of an unfinished run beside the API server's objects.

Losing it, as every restart does, costs another look or another try, never a run.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from flowrun_operator.api.reasons import Reason
from flowrun_operator.observe.key import RunKey
from flowrun_operator.observe.progress import Progress


@dataclass(frozen=True, slots=True)
class Refusal:
    """A child that the API server would not create."""

    kind: str
    name: str
    reason: Reason
    message: str  # the API server's own words


@dataclass(frozen=True, slots=True)
class Incarnation:
    """One life of a pod's container: another one has lost what was in its memory."""

    pod_uid: str
    restarts: int


@dataclass(frozen=True, slots=True)
class OomKill:
    """A container that the kernel ended at its memory limit: of its ends a pod tells the last."""

    pod: str
    container: str
    memory_limit: str


@dataclass(frozen=True, slots=True)
class Memory:
    """Replaced, never changed."""

    progress: Progress | None = None
    refusals: tuple[Refusal, ...] = ()  # of the last try to create
    refused_times: int = 0
    retry_at: datetime | None = None  # no create before that
    made_at: datetime | None = None  # of children that the index has not shown yet
    scheduler: Incarnation | None = None  # as first seen while the flow ran
    oom_kill: OomKill | None = None  # the first of a scheduler or worker that was seen
    no_workers_since: datetime | None = None  # while the flow runs and the scheduler knows none
    mount_failures: dict[str, str] = field(default_factory=dict)  # pod uid -> the kubelet's words
    mounts_asked_at: datetime | None = None
    pulled_when_ready: bool = False  # the pull that does not wait for its interval was made
    written_at: datetime | None = None


class Memories:
    """The memory of each unfinished run. Read and replaced without an await in between."""

    def __init__(self) -> None:
        self._of: dict[RunKey, Memory] = {}

    def __getitem__(self, key: RunKey) -> Memory:
        return self._of.get(key, _NOTHING)

    def update(self, key: RunKey, **changes: Any) -> Memory:
        """Replaces the fields that are named, and no other: two tasks remember the same run."""
        self._of[key] = replace(self[key], **changes)
        return self._of[key]

    def forget(self, key: RunKey) -> None:
        """The run has ended, or is gone."""
        self._of.pop(key, None)


_NOTHING = Memory()
