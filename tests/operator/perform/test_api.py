"""A request that met a moment's trouble is sent again, and no other."""

from collections.abc import AsyncIterator, Callable

import pytest
from aiohttp import web

from flowrun_operator.perform.api import Api
from flowrun_operator.perform.errors import ApiError, Unavailable
from flowrun_operator.perform.kinds import RESOURCES
from flowrun_operator.perform.perform import perform
from flowrun_operator.plan.actions import Create, Kind
from tests.operator.build import UID
from tests.operator.fake_api import FakeApi, serving, status

PODS = RESOURCES[Kind.POD]
POD = {"metadata": {"namespace": "data", "name": "r", "ownerReferences": [{"uid": UID}]}}


@pytest.fixture
def fake() -> FakeApi:
    return FakeApi()


@pytest.fixture
async def api(fake: FakeApi) -> AsyncIterator[Api]:
    async with serving(fake) as once:
        found = Api(once._client.configuration, lambda *_: None, pauses=(0.0, 0.0))
        yield found
        await found.close()


def in_turn(*codes: int) -> Callable[[str, str], web.Response | None]:
    """So are the first requests answered; those after them truly."""
    left = list(codes)
    return lambda *_: status(left.pop(0), "trouble") if left else None


@pytest.mark.parametrize("code", [429, 500, 503])
async def test_trouble_that_passes_is_not_noticed(api: Api, fake: FakeApi, code: int) -> None:
    fake.before = in_turn(code, code)
    await api.create(PODS, "data", POD)
    assert fake.requests == ["create pods"] * 3
    assert fake.created == ["pods"]


async def test_trouble_that_stays_is_the_turns(api: Api, fake: FakeApi) -> None:
    fake.before = in_turn(*[503] * 9)
    with pytest.raises(Unavailable):
        await api.create(PODS, "data", POD)
    assert fake.requests == ["create pods"] * 3


@pytest.mark.parametrize("code", [400, 403, 404, 409, 422])
async def test_an_answer_is_an_answer(api: Api, fake: FakeApi, code: int) -> None:
    fake.before = in_turn(code)
    with pytest.raises(ApiError):
        await api.create(PODS, "data", POD)
    assert fake.requests == ["create pods"]


async def test_whoever_is_asked_to_wait_long_gives_its_turn_away(api: Api, fake: FakeApi) -> None:
    refusal = {"message": "later"}
    fake.before = lambda *_: web.json_response(refusal, status=429, headers={"Retry-After": "7"})
    with pytest.raises(Unavailable) as raised:
        await api.create(PODS, "data", POD)
    assert raised.value.retry_after == 7.0
    assert fake.requests == ["create pods"]


async def test_a_create_whose_answer_is_lost_is_repeated_and_made_once(
    api: Api, fake: FakeApi
) -> None:
    fake.after = in_turn(500)
    owner = {"uid": UID, "controller": True}
    meta = {"namespace": "data", "name": "r", "ownerReferences": [owner]}
    performed = await perform(api, ((Create({"kind": "Pod", "metadata": meta}),),))
    assert fake.created == ["pods"]
    assert set(performed.uids) == {Kind.POD}


async def test_a_request_that_was_waited_for_in_vain_is_not_repeated(fake: FakeApi) -> None:
    async with serving(fake) as once:
        api = Api(once._client.configuration, lambda *_: None, timeout=1e-6, pauses=(0.0, 0.0))
        with pytest.raises(Unavailable) as raised:
            await api.get(PODS, "data", "r")
        await api.close()
    assert raised.value.timed_out
    assert len(fake.requests) <= 1
