"""So many requests a second, and no more."""

import pytest

from flowrun_operator.perform.api import Api
from flowrun_operator.perform.errors import Unavailable
from flowrun_operator.perform.kinds import DEPLOYMENTS
from flowrun_operator.perform.pace import Pace
from tests.operator.fake_api import FakeApi, serving


class Time:
    seconds = 50.0

    def __init__(self) -> None:
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def pace(time: Time) -> Pace:
    return Pace(per_second=8.0, burst=3, clock=time, sleep=time.sleep)


async def test_a_burst_goes_at_once_and_the_rest_wait_in_their_order(
    pace: Pace, time: Time
) -> None:
    for _ in range(6):
        await pace.turn()
    assert time.waits == pytest.approx([0.125, 0.25, 0.375])


async def test_below_the_rate_nobody_waits(pace: Pace, time: Time) -> None:
    for _ in range(100):
        await pace.turn()
        time.seconds += 0.125
    assert time.waits == []


async def test_a_quiet_time_saves_up_one_burst_and_no_more(pace: Pace, time: Time) -> None:
    time.seconds += 3600.0
    for _ in range(4):
        await pace.turn()
    assert time.waits == pytest.approx([0.125])


async def test_a_request_that_is_not_admitted_is_not_sent() -> None:
    fake = FakeApi()

    async def refuse() -> None:
        raise Unavailable("this replica does not hold the Lease")

    async with serving(fake) as api:
        gated = Api(api._client.configuration, lambda *_: None, admit=refuse)
        with pytest.raises(Unavailable, match="does not hold"):
            await gated.page(DEPLOYMENTS, "data", {})
        await gated.close()
    assert fake.requests == []
