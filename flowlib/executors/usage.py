"""What the workers of a run use, added up from what their scheduler tells."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Usage:
    """Workers times seconds, and the most memory that all of them had at one time."""

    worker_seconds: float = 0.0
    peak_memory_bytes: int = 0


@dataclass(frozen=True, slots=True)
class _Told:
    """What was said last, and what had added up until then."""

    at: float
    workers: int
    seconds: float
    peak: int

    def seconds_at(self, now: float) -> float:
        return self.seconds + self.workers * (now - self.at)


class UsageMeter:
    """Begins when it is told something first. One thread tells, any thread reads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last: _Told | None = None

    def tell(self, workers: int, memory_bytes: int) -> None:
        """So many workers from now on, with so much memory in use."""
        now, last = self._clock(), self._last
        self._last = _Told(
            at=now,
            workers=workers,
            seconds=last.seconds_at(now) if last else 0.0,
            peak=max(memory_bytes, last.peak if last else 0),
        )

    def stop(self) -> None:
        """What comes after is not the run's any more."""
        self.tell(0, 0)

    def read(self) -> Usage:
        """Until now."""
        last = self._last
        if last is None:
            return Usage()
        return Usage(round(last.seconds_at(self._clock()), 3), last.peak)
