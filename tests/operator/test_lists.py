"""Kopf's start among many objects costs their number, not its square."""

import asyncio
from collections.abc import Iterable

import pytest
from kopf._cogs.aiokits import aiotoggles
from kopf._core.reactor import orchestration

from flowrun_operator import lists

OBJECTS = 300
(KOPFS,) = lists.Toggles.__bases__


async def looks_while_listing(kind: type[aiotoggles.ToggleSet]) -> int:
    """How often anybody looks whether all is listed, with a worker for each object as Kopf has."""
    looks = 0

    def all_of(states: Iterable[bool]) -> bool:
        nonlocal looks
        looks += 1
        return all(states)

    listed = kind(all_of)
    blocker = await listed.make_toggle(name="the list itself")

    async def worker(toggle: aiotoggles.Toggle) -> None:
        await listed.drop_toggle(toggle)
        await listed.wait_for(True)

    workers = []
    for _ in range(OBJECTS):
        workers.append(asyncio.create_task(worker(await listed.make_toggle())))
        await asyncio.sleep(0)
    assert not any(each.done() for each in workers)
    await listed.drop_toggle(blocker)
    await asyncio.wait_for(asyncio.gather(*workers), timeout=60)
    return looks


async def test_those_who_wait_for_the_lists_are_woken_at_their_end_and_not_before() -> None:
    assert await looks_while_listing(lists.Toggles) < 10 * OBJECTS
    assert await looks_while_listing(KOPFS) > 30 * OBJECTS  # or it is needed no more


def test_kopf_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aiotoggles, "ToggleSet", KOPFS)  # put back afterwards
    lists.wake_once()
    assert orchestration.aiotoggles.ToggleSet is lists.Toggles
