"""What runs aside goes on while the main loop is busy."""

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest

from flowrun_operator.aside import Aside


@pytest.fixture
def aside() -> Iterator[Aside]:
    made = Aside("test")
    yield made
    made.close()


async def test_it_goes_on_while_the_main_loop_does_not(aside: Aside) -> None:
    rounds = 0

    async def renew() -> None:
        nonlocal rounds
        while True:
            rounds += 1
            await asyncio.sleep(0.01)

    renewing = asyncio.create_task(aside.run(renew()))
    await asyncio.sleep(0)
    before = rounds
    deadline = time.monotonic() + 30
    while rounds < before + 5:  # blocks this loop
        assert time.monotonic() < deadline
        time.sleep(0.01)  # noqa: ASYNC251  # that is the point
    renewing.cancel()


async def test_results_and_errors_come_back(aside: Aside) -> None:
    async def where() -> str:
        return threading.current_thread().name

    async def fails() -> None:
        raise LookupError("no")

    assert await aside.run(where()) == "test"
    with pytest.raises(LookupError, match="no"):
        await aside.run(fails())


async def test_a_cancellation_here_is_one_there(aside: Aside) -> None:
    cancelled = threading.Event()

    async def waits() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    waiting = asyncio.create_task(aside.run(waits()))
    await asyncio.sleep(0.05)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await asyncio.to_thread(cancelled.wait, 10)
