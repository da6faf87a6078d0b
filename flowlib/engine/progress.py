"""Live counts of a flow run: written by the engine once a chunk, read by anybody at any time."""

from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime

#: Failures that are told one by one.
FAILED_TASKS = 5


@dataclass(frozen=True, slots=True)
class Counts:
    """Single tasks and children of mapped tasks; no mapped parents, Parameters or constants."""

    total: int = 0
    pending: int = 0
    running: int = 0
    succeeded: int = 0
    failed: int = 0
    skipped: int = 0

    def to_dict(self) -> dict[str, int]:
        return asdict(self)

    @property
    def ended(self) -> int:
        return self.succeeded + self.failed + self.skipped

    def plus(self, succeeded: int = 0, failed: int = 0, skipped: int = 0) -> "Counts":
        """So many more have ended."""
        return replace(
            self,
            succeeded=self.succeeded + succeeded,
            failed=self.failed + failed,
            skipped=self.skipped + skipped,
        )

    def of(self, total: int, running: int) -> "Counts":
        """The same ends, of so many tasks, so many of them begun and not ended."""
        left = total - self.ended
        running = min(running, left)
        return replace(self, total=total, running=running, pending=left - running)


@dataclass(frozen=True, slots=True)
class FailedTask:
    """One failure, in words."""

    name: str
    message: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The run at one moment."""

    counts: Counts = field(default_factory=Counts)
    #: The first failures; those that never ran because of others come last.
    failed_tasks: tuple[FailedTask, ...] = ()
    #: How many failed by themselves, and of how many of these the workers died.
    causes: int = 0
    killed: int = 0
    #: How many of those that have ended were taken over from an earlier attempt.
    resumed: int = 0
    #: When the first task was given out.
    started_at: datetime | None = None


class Observer:
    """Holds the newest snapshot. One thread publishes, any thread reads."""

    def __init__(self) -> None:
        self.snapshot = Snapshot()
        self._causes: list[FailedTask] = []
        self._consequences: list[FailedTask] = []

    def publish(self, counts: Counts) -> None:
        """How the counts stand."""
        self.snapshot = replace(self.snapshot, counts=counts)

    def begun(self) -> None:
        """The first task is given out now."""
        if self.snapshot.started_at is None:
            self.snapshot = replace(self.snapshot, started_at=datetime.now(UTC))

    def resumed(self, number: int) -> None:
        """So many more were taken over from an earlier attempt."""
        self.snapshot = replace(self.snapshot, resumed=self.snapshot.resumed + number)

    def failed(self, name: str, message: str, *, ran: bool, killed: bool = False) -> None:
        """A task failed; ``ran`` is False where it only follows from other failures."""
        self.snapshot = replace(
            self.snapshot,
            causes=self.snapshot.causes + ran,
            killed=self.snapshot.killed + killed,
        )
        told = self._causes if ran else self._consequences
        if len(told) < FAILED_TASKS:
            told.append(FailedTask(name, message))
            first = tuple([*self._causes, *self._consequences][:FAILED_TASKS])
            self.snapshot = replace(self.snapshot, failed_tasks=first)
