"""Never two that act, and never nobody for long."""

import asyncio
import math
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from flowrun_operator.perform.api import Api
from flowrun_operator.perform.lease import (
    LEASE_SECONDS,
    LOOK_SECONDS,
    RENEW_EVERY_SECONDS,
    RENEW_SECONDS,
    REQUEST_SECONDS,
    Claim,
    Elector,
    LeaseLost,
)
from tests.operator.fake_api import FakeApi, serving, status

NAMESPACE, NAME = "flowrun-system", "flowrun-operator"


class TimeIsUp(Exception):
    """The test has seen enough."""


@dataclass
class Time:
    """Seconds that pass only when somebody lets them."""

    seconds: float = 1000.0
    ends_at: float = math.inf

    def __call__(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        if self.seconds >= self.ends_at:
            raise TimeIsUp


class Replicas:
    """Several electors before one API server; each looks when it is told to."""

    def __init__(self, fake: FakeApi, api: Api) -> None:
        self.fake, self.api, self.time = fake, api, Time()

    def start(self, name: str, wall_clock: str = "2026-11-22T05:00:00") -> Elector:
        now = datetime.fromisoformat(wall_clock).replace(tzinfo=UTC)
        return Elector(
            self.api,
            Claim(NAMESPACE, NAME, name),
            clock=self.time,
            now=lambda: now,
            sleep=self.time.sleep,
        )

    @property
    def spec(self) -> dict[str, Any]:
        [lease] = self.fake.of("leases")
        spec: dict[str, Any] = lease["spec"]
        return spec


@asynccontextmanager
async def replicas() -> AsyncIterator[Replicas]:
    fake = FakeApi()
    async with serving(fake) as api:
        yield Replicas(fake, api)


async def test_the_first_makes_the_lease_and_leads() -> None:
    async with replicas() as cluster:
        first = cluster.start("pod-a")
        assert not first.leads
        await first.acquire()
        assert first.leads
        assert cluster.spec == {
            "holderIdentity": "pod-a",
            "leaseDurationSeconds": int(LEASE_SECONDS),
            "acquireTime": "2026-11-22T05:00:00.000000Z",
            "renewTime": "2026-11-22T05:00:00.000000Z",
            "leaseTransitions": 0,
        }


async def test_a_renewal_keeps_everything_but_the_time() -> None:
    async with replicas() as cluster:
        first = cluster.start("pod-a")
        await first.acquire()
        before = dict(cluster.spec)
        later = cluster.start("pod-a", "2026-11-22T05:00:02")
        await later.acquire()
        assert cluster.spec == before | {"renewTime": "2026-11-22T05:00:02.000000Z"}


async def test_a_renewal_is_one_request() -> None:
    async with replicas() as cluster:
        holder = cluster.start("pod-a")
        await holder.acquire()
        cluster.fake.requests.clear()
        assert await holder._round()
        assert cluster.fake.requests == ["update leases"]


async def test_a_holder_outlives_an_api_server_that_fails_one_time_in_five() -> None:
    async with replicas() as cluster:
        holder = cluster.start("pod-a")
        await holder.acquire()
        dice = random.Random(20)
        cluster.fake.before = lambda *_: status(503, "oh") if dice.random() < 0.2 else None
        cluster.time.ends_at = cluster.time.seconds + 600.0
        with pytest.raises(TimeIsUp):
            await holder.keep()
        assert holder.leads


@pytest.mark.parametrize("wall_clock", ["2020-01-01T00:00:00", "2040-01-01T00:00:00"])
async def test_a_standby_waits_by_its_own_clock_whatever_the_holders_says(wall_clock: str) -> None:
    async with replicas() as cluster:
        await cluster.start("pod-a", wall_clock).acquire()  # and is never heard of again
        standby = cluster.start("pod-b")
        began = cluster.time.seconds
        await standby.acquire()
        assert LEASE_SECONDS <= cluster.time.seconds - began < LEASE_SECONDS + LOOK_SECONDS
        assert (cluster.spec["holderIdentity"], cluster.spec["leaseTransitions"]) == ("pod-b", 1)


async def test_a_standby_waits_for_as_long_as_the_holder_renews() -> None:
    async with replicas() as cluster:
        holder, standby = cluster.start("pod-a"), cluster.start("pod-b")
        await holder.acquire()
        for _ in range(20):
            assert not await standby._round()
            cluster.time.seconds += RENEW_EVERY_SECONDS
            assert await holder._round()


async def test_a_released_lease_is_taken_at_once() -> None:
    async with replicas() as cluster:
        holder, standby = cluster.start("pod-a"), cluster.start("pod-b")
        await holder.acquire()
        assert not await standby._round()
        await holder.release()
        assert not holder.leads
        began = cluster.time.seconds
        await standby.acquire()
        assert cluster.time.seconds == began


async def test_nobody_releases_what_another_holds() -> None:
    async with replicas() as cluster:
        await cluster.start("pod-a").acquire()
        await cluster.start("pod-b").release()
        assert cluster.spec["holderIdentity"] == "pod-a"


async def test_a_container_started_again_in_its_pod_does_not_wait_for_itself() -> None:
    async with replicas() as cluster:
        await cluster.start("pod-a").acquire()
        began = cluster.time.seconds
        await cluster.start("pod-a").acquire()
        assert cluster.time.seconds == began


async def test_of_two_that_take_it_in_one_moment_one_leads() -> None:
    async with replicas() as cluster:
        await cluster.start("pod-a").acquire()
        others = [cluster.start(f"pod-{n}") for n in range(8)]
        for each in others:
            assert not await each._round()
        cluster.time.seconds += LEASE_SECONDS
        await asyncio.gather(*(each._round() for each in others))
        assert sum(each.leads for each in others) == 1


async def test_a_holder_that_cannot_renew_ends_before_a_standby_may_act() -> None:
    async with replicas() as cluster:
        holder, standby = cluster.start("pod-a"), cluster.start("pod-b")
        await holder.acquire()
        assert not await standby._round()
        cluster.fake.before = lambda verb, resource: status(503, "etcd is away")
        began = cluster.time.seconds
        with pytest.raises(LeaseLost, match="etcd is away"):
            await holder.keep()
        assert not holder.leads
        assert cluster.time.seconds - began == RENEW_SECONDS
        cluster.fake.before = lambda verb, resource: None
        await standby.acquire()
        assert cluster.time.seconds - began >= LEASE_SECONDS > RENEW_SECONDS


async def test_one_failed_renewal_is_no_loss() -> None:
    async with replicas() as cluster:
        holder = cluster.start("pod-a")
        await holder.acquire()
        failing = iter([status(503, "etcd is away"), status(500, "oh"), None])
        cluster.fake.before = lambda verb, resource: next(failing, None)
        for _ in range(3):
            cluster.time.seconds += RENEW_EVERY_SECONDS
            await holder._round()
        assert holder.leads
        assert holder.error == ""


async def test_a_request_that_hangs_does_not_make_a_holder_miss_its_end() -> None:
    """In real time: the clock of asyncio's own time-outs."""
    async with replicas() as cluster:
        loop = asyncio.get_running_loop()
        holder = Elector(
            cluster.api,
            Claim(NAMESPACE, NAME, "pod-a"),
            clock=lambda: loop.time() * 20,  # seven seconds are 0.35
            now=lambda: datetime.now(UTC),
            sleep=lambda seconds: asyncio.sleep(seconds / 20),
        )
        await holder.acquire()

        async def hang() -> None:
            await asyncio.Event().wait()

        cluster.api._admit = hang
        with pytest.raises(LeaseLost):
            async with asyncio.timeout(RENEW_SECONDS):
                await holder.keep()


async def test_a_holder_that_sees_another_in_its_place_ends() -> None:
    async with replicas() as cluster:
        holder = cluster.start("pod-a")
        await holder.acquire()
        cluster.spec["holderIdentity"] = "pod-b"
        [lease] = cluster.fake.of("leases")
        cluster.fake.store("leases", lease)
        with pytest.raises(LeaseLost, match="held by pod-b"):
            await holder.keep()


async def test_a_process_that_was_stopped_and_goes_on_does_not_lead() -> None:
    async with replicas() as cluster:
        holder = cluster.start("pod-a")
        await holder.acquire()
        cluster.time.seconds += RENEW_SECONDS
        assert not holder.leads
        with pytest.raises(LeaseLost, match="not renewed for 7 s"):
            await holder.keep()


async def test_a_lease_deleted_by_hand_does_not_let_a_standby_act_beside_the_holder() -> None:
    async with replicas() as cluster:
        holder, standby = cluster.start("pod-a"), cluster.start("pod-b")
        helm = {"labels": {"app.kubernetes.io/managed-by": "Helm"}, "annotations": {"a": "b"}}
        empty = {"metadata": {"namespace": NAMESPACE, "name": NAME, **helm}}
        cluster.fake.store("leases", empty)
        await holder.acquire()
        assert not await standby._round()
        cluster.fake.objects.clear()
        assert not await standby._round()
        assert not await holder._round()  # what it would renew is not there
        assert await holder._round()
        assert cluster.spec["holderIdentity"] == "pod-a"
        [lease] = cluster.fake.of("leases")
        assert helm.items() <= lease["metadata"].items()  # still of Helm's release


async def test_a_take_over_whose_answer_was_lost_is_one() -> None:
    async with replicas() as cluster:
        first = cluster.start("pod-a")
        cluster.fake.after = lambda verb, _: status(504, "too late") if verb == "create" else None
        assert not await first._round()
        assert cluster.spec["holderIdentity"] == "pod-a"
        await first.acquire()
        assert first.leads


async def test_a_missing_right_is_told_and_asked_for_again() -> None:
    async with replicas() as cluster:
        standby = cluster.start("pod-a")
        cluster.fake.before = lambda verb, resource: status(403, "leases is forbidden")
        assert not await standby._round()
        assert "forbidden" in standby.error
        cluster.fake.before = lambda verb, resource: None
        await standby.acquire()
        assert standby.error == ""


async def test_an_election_that_has_stopped_going_round_shows() -> None:
    async with replicas() as cluster:
        standby = cluster.start("pod-a")
        await standby._round()
        cluster.time.seconds += 40.0
        assert standby.silence == 40.0
        await standby._round()
        assert standby.silence == 0.0


def test_the_times_leave_room_for_one_another() -> None:
    assert RENEW_EVERY_SECONDS + REQUEST_SECONDS < RENEW_SECONDS < LEASE_SECONDS
    # From a holder's death to the next one's first act; to list everything takes a moment, too.
    assert LEASE_SECONDS + 2 * LOOK_SECONDS + 2 <= 15.0
