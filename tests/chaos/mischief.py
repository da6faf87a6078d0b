"""Which fault meets which request: drawn by a seed, in the order in which requests come."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """What may happen to a request. Where a word says "after", the API server has obeyed."""

    CONFLICT = "409"
    THROTTLED = "429"
    ERROR = "500"
    UNAVAILABLE = "503"
    TIMEOUT_BEFORE = "time-out before"
    TIMEOUT_AFTER = "time-out after"
    CUT_BEFORE = "cut before"
    CUT_AFTER = "cut after"


class WatchFault(StrEnum):
    """What may happen to a watch."""

    CUT = "watch cut"
    SILENT = "watch silent"
    DUPLICATED = "event duplicated"
    LATE = "events late"


#: A time-out costs its turn the operator's whole patience, 15 s: few of them say enough.
WEIGHTS: Mapping[Fault, int] = {
    Fault.CONFLICT: 4,
    Fault.THROTTLED: 4,
    Fault.ERROR: 4,
    Fault.UNAVAILABLE: 4,
    Fault.TIMEOUT_BEFORE: 1,
    Fault.TIMEOUT_AFTER: 1,
    Fault.CUT_BEFORE: 4,
    Fault.CUT_AFTER: 4,
}
WATCH_LIVES_SECONDS = (5.0, 20.0)
LONGEST_DELAY_SECONDS = 1.0


@dataclass(frozen=True)
class WatchFate:
    """How one watch ends: at that time, cut or silent."""

    seconds: float
    end: WatchFault


class Mischief:
    """Draws faults. `share` of all requests meets one, and every watch; 0.0 leaves all alone."""

    def __init__(
        self,
        seed: int = 0,
        share: float = 0.0,
        weights: Mapping[Fault, int] = WEIGHTS,
        silent: float = 0.1,
    ) -> None:
        self._dice = random.Random(seed)
        self._watch_dice = random.Random(seed + 1)
        self._share = share
        self._faults, self._weights = list(weights), list(weights.values())
        self._silent = silent

    def for_request(self, *, writes: bool) -> Fault | None:
        """The fault of the next request. Nothing that reads is answered with a conflict."""
        if self._dice.random() >= self._share:
            return None
        fault = self._dice.choices(self._faults, self._weights)[0]
        return Fault.UNAVAILABLE if fault is Fault.CONFLICT and not writes else fault

    def for_watch(self) -> WatchFate | None:
        """How the next watch ends."""
        if not self._share:
            return None
        silent = self._watch_dice.random() < self._silent
        seconds = self._watch_dice.uniform(*WATCH_LIVES_SECONDS)
        return WatchFate(seconds, WatchFault.SILENT if silent else WatchFault.CUT)

    def delay(self) -> float:
        """Seconds for which the next events of a watch are held back."""
        late = self._watch_dice.random() < self._share / 2
        return self._watch_dice.uniform(0, LONGEST_DELAY_SECONDS) if late else 0.0

    def duplicates(self) -> bool:
        """Whether the next event of a watch comes twice."""
        return self._watch_dice.random() < self._share / 2
