"""Waiting with an end: a condition is asked again and again until it holds or time is up."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from flowrun_operator.hooks.cluster import ApiError

Say = Callable[[str], None]

_PAUSE = 0.5


@dataclass(frozen=True)
class Clock:
    """Seconds that only grow, and a way to let them pass."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Patience:
    """Ends so many seconds after it began, however many waits share it."""

    seconds: float
    say: Say
    clock: Clock = field(default_factory=Clock)
    began: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "began", self.clock.now())

    def until(self, holds: Callable[[], bool], *, within: float | None = None) -> bool:
        """Asks at least once. An ApiError counts as not yet, and is told when its words change."""
        now = self.clock.now()
        end = self.began + self.seconds
        if within is not None:
            end = min(end, now + within)
        told = ""
        while True:
            try:
                if holds():
                    return True
            except ApiError as error:
                if str(error) != told:
                    told = str(error)
                    self.say(told)
            if self.clock.now() >= end:
                return False
            self.clock.sleep(_PAUSE)
