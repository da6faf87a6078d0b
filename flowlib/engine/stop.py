"""A request to end a run before its time: what has begun may end, nothing else is begun."""

import contextlib
import math
import queue
import time
from collections.abc import Callable


class Stop:
    """Requested once, by any thread or signal handler (so no locks here); the engine obeys."""

    def __init__(self) -> None:
        self._bell: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._deadline = math.inf
        self._wake: Callable[[], None] = lambda: None
        self.requested = False
        #: Who or what requested it, in a word.
        self.by = ""
        #: The run ended for it, with work left.
        self.cut_short = False

    def request(self, by: str, seconds: float) -> None:
        """What has begun has so many seconds to end."""
        if self.requested:
            return
        self._deadline = time.monotonic() + seconds
        self.by = by
        self.requested = True
        self._bell.put(None)
        self._wake()

    def wakes(self, wake: Callable[[], None]) -> None:
        """Calls it at the request, which may have come already."""
        self._wake = wake
        if self.requested:
            wake()

    def wait(self, seconds: float) -> None:
        """Sleeps, at most until the request."""
        with contextlib.suppress(queue.Empty):
            self._bell.get(timeout=seconds)

    @property
    def seconds_left(self) -> float:
        """Until what has begun is waited for no longer."""
        return self._deadline - time.monotonic()
