"""Keyed work queue: one turn at a time for each key, many keys at once, delays and back-off."""

import asyncio
import contextlib
import heapq
import itertools
import logging
import math
import random
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from flowrun_operator.perform.errors import ApiError

logger = logging.getLogger(__name__)

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long a key whose turn failed waits: doubling, with jitter, up to a cap."""

    first: float = 0.2
    cap: float = 60.0

    def seconds(self, failures: int, chance: float) -> float:
        """``chance`` in [0, 1) spreads keys that failed together."""
        return min(self.cap, self.first * 2.0 ** min(failures - 1, 30)) * (0.5 + chance / 2)


class Queue(Generic[Key]):
    """Turns wait here.

    A turn returns the seconds after which its key wants another one, or None. Adding a key that
    waits keeps the earlier of both times; adding one whose turn is under way gives it another turn
    afterwards, so that nothing that happens during a turn is missed. A turn that fails is repeated
    after a back-off, for ever: it is delayed and never lost.
    """

    def __init__(
        self,
        turn: Callable[[Key], Awaitable[float | None]],
        *,
        at_once: int,
        backoff: Backoff | None = None,
        per_second: float | None = None,
    ) -> None:
        self._turn = turn
        self._backoff = backoff or Backoff()
        self._spacing = 1.0 / per_second if per_second else 0.0
        self._free = asyncio.Semaphore(at_once)
        self._heap: list[tuple[float, int, Key]] = []
        self._due: dict[Key, float] = {}
        self._under_way: dict[Key, float] = {}
        self._failures: dict[Key, int] = {}
        self._order = itertools.count()
        self._changed = asyncio.Event()

    def add(self, key: Key, after: float = 0.0) -> None:
        """Wants a turn for the key, so many seconds from now at the latest."""
        due = asyncio.get_running_loop().time() + after
        if due < self._due.get(key, math.inf):
            self._due[key] = due
            if key not in self._under_way:
                self._push(key)

    def forget(self, key: Key) -> None:
        """Drops the turn that the key waits for."""
        self._due.pop(key, None)
        self._failures.pop(key, None)

    @property
    def depth(self) -> int:
        """Keys whose turn is due and has not begun."""
        now = asyncio.get_running_loop().time()
        return sum(1 for due in self._due.values() if due <= now)

    @property
    def longest_turn(self) -> float:
        """Seconds for which the oldest turn has been under way; 0 where none is."""
        if not self._under_way:
            return 0.0
        return asyncio.get_running_loop().time() - min(self._under_way.values())

    async def run(self) -> None:
        """Gives turns until cancelled."""
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as turns:
            while True:
                await self._free.acquire()
                key = await self._next()
                self._under_way[key] = loop.time()
                turns.create_task(self._serve(key))
                if self._spacing:
                    await asyncio.sleep(self._spacing)

    async def _next(self) -> Key:
        """Waits for the first key that is due, and takes it."""
        loop = asyncio.get_running_loop()
        while True:
            self._changed.clear()
            wait: float | None = None
            while self._heap:
                due, _, key = self._heap[0]
                if self._due.get(key) != due or key in self._under_way:
                    heapq.heappop(self._heap)  # forgotten, moved, or put back after its turn
                    continue
                wait = due - loop.time()
                if wait <= 0:
                    heapq.heappop(self._heap)
                    del self._due[key]
                    return key
                break
            # Not wait_for, whose inner task Kopf would wait for at the end of the process.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._changed.wait()

    async def _serve(self, key: Key) -> None:
        again: float | None = None
        try:
            again = await self._turn(key)
            self._failures.pop(key, None)
        except ApiError as error:
            again = max(self._back_off(key), error.retry_after)
            logger.warning("turn delayed by %.1f s: %s: %s", again, key, error)
        except Exception:  # the operator's one: a run that we stumble over must not stop the others
            again = self._back_off(key)
            logger.exception("turn failed, again in %.1f s: %s", again, key)
        finally:
            del self._under_way[key]
            self._free.release()
            if again is not None:
                self.add(key, again)
            if key in self._due:
                self._push(key)

    def _back_off(self, key: Key) -> float:
        self._failures[key] = self._failures.get(key, 0) + 1
        return self._backoff.seconds(self._failures[key], random.random())

    def _push(self, key: Key) -> None:
        heapq.heappush(self._heap, (self._due[key], next(self._order), key))
        self._changed.set()
