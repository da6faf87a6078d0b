"""So many requests a second, and a few more at once: the rest wait in their order."""

import asyncio
from collections.abc import Awaitable, Callable


class Pace:
    """A token bucket without a bucket: it remembers when the next request would be on time."""

    def __init__(
        self,
        *,
        per_second: float,
        burst: int,
        clock: Callable[[], float],  # seconds, monotonic
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._spacing = 1.0 / per_second
        self._ahead = burst * self._spacing
        self._clock = clock
        self._sleep = sleep
        self._on_time_at = clock()

    async def turn(self) -> None:
        """Returns when one more request may go out."""
        now = self._clock()
        self._on_time_at = max(self._on_time_at, now) + self._spacing
        wait = self._on_time_at - now - self._ahead
        if wait > 0:
            await self._sleep(wait)
