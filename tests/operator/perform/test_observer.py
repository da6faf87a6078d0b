"""What a look remembers, since no later one would show it."""

import asyncio
from typing import Any

import pytest

from flowrun_operator.api import Phase
from flowrun_operator.observe.memory import Memories, OomKill
from flowrun_operator.observe.world import Children, World
from flowrun_operator.perform.observer import Observer
from tests.operator.build import NOW, WORKER, a_cluster, a_dask_pod, a_run, a_runner, running


class Shown:
    """An index that shows what it is told to; no request is made, so there is no API either."""

    def __init__(self, *workers: Any) -> None:
        self.workers = workers

    def children(self, _: object) -> Children:
        return Children(pods=(a_runner(), a_dask_pod(), *self.workers), clusters=(a_cluster(),))

    def place_in_line(self, _: object) -> None:
        return None


def a_worker(reason: str = "", restarts: int = 0, limit: str = "256Mi") -> Any:
    """Its container runs, for so many times, and ended so the last time."""
    fields: dict[str, Any] = {"last_reason": reason, "restarts": restarts, "memory_limit": limit}
    return a_dask_pod("worker", running("worker", **fields), uid="w1")


@pytest.mark.parametrize(
    "later",
    [
        pytest.param((a_worker("Error", 2),), id="it crashed afterwards"),
        pytest.param((a_worker("", 2),), id="its last end is gone"),
        pytest.param((), id="its pod is gone"),
        pytest.param((a_worker("OOMKilled", 2, "1Gi"),), id="it was memory once more"),
    ],
)
def test_a_kill_for_memory_is_remembered_as_first_seen(later: tuple[Any, ...]) -> None:
    index: Any = Shown(a_worker())
    api: Any = None
    observer = Observer(api, index, Memories(), lambda: NOW)

    def look() -> World:
        return asyncio.run(observer.look(a_run(Phase.RUNNING)))

    assert look().oom_kill is None
    first = OomKill(WORKER, "worker", "256Mi")
    index.workers = (a_worker("OOMKilled", 1),)
    assert look().oom_kill == first
    index.workers = later
    assert look().oom_kill == first
