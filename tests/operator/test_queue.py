"""One turn at a time for each key, many keys at once, and no turn is lost."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from flowrun_operator.perform.errors import Conflict, Unavailable
from flowrun_operator.queue import Backoff, Queue

Turn = Callable[[str], Awaitable[float | None]]
FAST = Backoff(first=0.001, cap=0.002)


@asynccontextmanager
async def serving(turn: Turn, at_once: int = 4) -> AsyncIterator[Queue[str]]:
    queue: Queue[str] = Queue(turn, at_once=at_once, backoff=FAST)
    task = asyncio.create_task(queue.run())
    try:
        yield queue
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_a_key_added_many_times_gets_one_turn() -> None:
    turns: list[str] = []
    done = asyncio.Event()

    async def turn(key: str) -> None:
        turns.append(key)
        if key == "last":
            done.set()

    async with serving(turn, at_once=1) as queue:
        for _ in range(5):
            queue.add("a")
        queue.add("last")
        await done.wait()
    assert turns == ["a", "last"]


async def test_what_happens_during_a_turn_gives_another_turn_and_never_a_second_beside_it() -> None:
    under_way: Counter[str] = Counter()
    turns = 0
    begun, go_on, again = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def turn(key: str) -> None:
        nonlocal turns
        turns += 1
        under_way[key] += 1
        assert under_way[key] == 1
        begun.set()
        await go_on.wait()
        under_way[key] -= 1
        if turns == 2:
            again.set()

    async with serving(turn) as queue:
        queue.add("a")
        await begun.wait()
        queue.add("a")
        queue.add("a")
        go_on.set()
        await again.wait()
    assert turns == 2


async def test_keys_have_their_turns_side_by_side_up_to_the_limit() -> None:
    most = now = served = 0
    done = asyncio.Event()

    async def turn(_: str) -> None:
        nonlocal most, now, served
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1
        served += 1
        if served == 10:
            done.set()

    async with serving(turn, at_once=3) as queue:
        for key in "abcdefghij":
            queue.add(key)
        await done.wait()
    assert most == 3


async def test_a_turn_says_when_it_wants_the_next_one() -> None:
    turns = 0
    done = asyncio.Event()

    async def turn(_: str) -> float | None:
        nonlocal turns
        turns += 1
        if turns == 3:
            done.set()
            return None
        return 0.001

    async with serving(turn) as queue:
        queue.add("a")
        await done.wait()
    assert turns == 3


async def test_the_earlier_of_two_times_counts() -> None:
    order: list[str] = []
    done = asyncio.Event()

    async def turn(key: str) -> None:
        order.append(key)
        if len(order) == 2:
            done.set()

    async with serving(turn) as queue:
        queue.add("a", 3600)
        queue.add("b", 0.01)
        queue.add("a", 0)
        queue.add("a", 3600)
        await done.wait()
    assert order == ["a", "b"]


async def test_a_forgotten_key_gets_no_turn() -> None:
    turns: list[str] = []
    done = asyncio.Event()

    async def turn(key: str) -> None:
        turns.append(key)
        done.set()

    async with serving(turn) as queue:
        queue.add("a", 0.001)
        queue.forget("a")
        queue.add("b", 0.002)
        await done.wait()
    assert turns == ["b"]


@pytest.mark.parametrize(
    "error", [Conflict("changed"), Unavailable("503"), KeyError("a fault of ours")]
)
async def test_a_turn_that_fails_is_repeated_and_stops_nobody(error: Exception) -> None:
    turns: Counter[str] = Counter()
    done = asyncio.Event()

    async def turn(key: str) -> None:
        turns[key] += 1
        if key == "bad" and turns["bad"] < 3:
            raise error
        if turns["bad"] == 3 and turns["good"]:
            done.set()

    async with serving(turn, at_once=1) as queue:
        queue.add("bad")
        queue.add("good")
        await done.wait()
    assert turns == {"bad": 3, "good": 1}


async def test_depth_counts_what_is_due_and_not_what_is_planned() -> None:
    async def turn(_: str) -> None:
        """Never called: nobody serves this queue."""

    queue: Queue[str] = Queue(turn, at_once=1)
    queue.add("now")
    queue.add("later", 60)
    assert queue.depth == 1
    assert queue.longest_turn == 0.0


def test_the_back_off_doubles_up_to_its_cap_and_spreads() -> None:
    backoff = Backoff(first=1, cap=10)
    assert [backoff.seconds(n, chance=1) for n in (1, 2, 3, 4, 5, 1000)] == [1, 2, 4, 8, 10, 10]
    assert backoff.seconds(3, chance=0) == 2
