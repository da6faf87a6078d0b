"""The operator is killed at every write of a run's life: it ends right, nothing comes twice."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from flowrun_operator.perform.errors import ApiError
from tests.operator.fake_api import status
from tests.operator.fake_cluster import KEY, Cluster, a_cluster_with_a_run

WRITES = ("create", "update", "delete", "patch")


def a_life_with(kill: str, at: int) -> Callable[[Cluster], None]:
    """Has the operator die around its n-th write: before it is carried out, or after."""

    def arm(cluster: Cluster) -> None:
        left = at

        def strike(verb: str, _: str) -> web.Response | None:
            nonlocal left
            if verb not in WRITES:
                return None
            left -= 1
            return status(503, "killed") if left == 0 else None

        setattr(cluster.fake, kill, strike)

    return arm


async def settle_with_restarts(cluster: Cluster) -> int:
    """Each failure ends the process; the next one begins without any memory."""
    deaths = 0
    for _ in range(20):
        try:
            again = await cluster.operator.turn(KEY)
        except ApiError:
            deaths += 1
            cluster.restart()
            continue
        if again != 0.0:
            return deaths
    raise AssertionError("the run never comes to rest")


Settle = Callable[[], Awaitable[None]]


async def success(cluster: Cluster, settle: Settle) -> None:
    await settle()
    cluster.succeeds()
    await settle()


async def failure_and_retry(cluster: Cluster, settle: Settle) -> None:
    await settle()
    cluster.fails("SchedulerLost")
    await settle()
    cluster.now += timedelta(seconds=20)
    await success(cluster, settle)


async def cancel(cluster: Cluster, settle: Settle) -> None:
    await settle()
    cluster.runner(running={})
    cluster.wants(cancel=True)
    await settle()
    cluster.is_stopped()
    await settle()


async def suspend_and_resume(cluster: Cluster, settle: Settle) -> None:
    await settle()
    cluster.runner(running={})
    cluster.wants(suspend=True)
    await settle()
    cluster.is_stopped()
    await settle()
    assert cluster.run()["phase"] == "Suspended"
    assert cluster.fake.of("daskclusters") == []
    cluster.wants(suspend=False)
    await success(cluster, settle)


#: Life, writes in it, the phase it ends with, how its attempts ended.
LIVES: dict[str, tuple[Callable[[Cluster, Settle], Awaitable[None]], int, str, list[Any]]] = {
    "success": (success, 9, "Succeeded", [None]),
    "failure and retry": (failure_and_retry, 20, "Succeeded", ["SchedulerLost", None]),
    "cancel": (cancel, 12, "Cancelled", ["Cancelled"]),
    "suspend and resume": (suspend_and_resume, 21, "Succeeded", ["Suspended", None]),
}
KILLS = [
    (name, moment, write)
    for name, (_, writes, _, _) in LIVES.items()
    for moment in ("before", "after")
    for write in range(1, writes + 1)
]


@pytest.mark.parametrize(("name", "moment", "write"), KILLS)
async def test_killed_at_any_write_the_run_ends_right_and_nothing_is_made_twice(
    name: str, moment: str, write: int
) -> None:
    life, _, phase, ends = LIVES[name]
    async with a_cluster_with_a_run() as cluster:
        a_life_with(moment, write)(cluster)
        deaths = 0

        async def settle() -> None:
            nonlocal deaths
            deaths += await settle_with_restarts(cluster)

        await life(cluster, settle)
        assert deaths == 1
        assert cluster.run()["phase"] == phase
        assert [row.get("reason") for row in cluster.run()["attempts"]] == ends
        assert all(row["endTime"] for row in cluster.run()["attempts"])
        each = ["daskclusters", "pods"] * len(ends)
        bundles = ["configmaps"] * ends.count("SchedulerLost")
        assert sorted(cluster.fake.created) == sorted([*each, *bundles, "networkpolicies"])
        assert cluster.fake.of("daskclusters") == []


@pytest.mark.parametrize("name", LIVES)
async def test_a_life_has_as_many_writes_as_are_killed_at(name: str) -> None:
    life, count, *_ = LIVES[name]
    async with a_cluster_with_a_run() as cluster:
        await life(cluster, cluster.settle)
        writes = [r for r in cluster.fake.requests if r.split()[0] in WRITES]
        assert len(writes) == count, writes
