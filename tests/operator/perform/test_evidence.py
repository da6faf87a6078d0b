"""Hearing the witnesses: what cannot be read is told, and never holds up the end of a run."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from flowrun_operator.perform.api import Api
from flowrun_operator.perform.errors import Unavailable
from flowrun_operator.perform.perform import perform
from flowrun_operator.plan.actions import Collect, Witness
from tests.operator.fake_api import FakeApi, serving, status

NAME = "diamond-1-3f9c2-post-mortem"


@pytest.fixture
def fake() -> FakeApi:
    fake = FakeApi()
    meta = {"namespace": "data", "name": "w", "uid": "w1"}
    fake.store("pods", {"metadata": meta, "status": {"phase": "Running"}})
    return fake


@pytest.fixture
async def api(fake: FakeApi) -> AsyncIterator[Api]:
    async with serving(fake) as client:
        yield client


def a_bundle(*, logs: bool = True, died: bool = False) -> Collect:
    manifest = {
        "kind": "ConfigMap",
        "metadata": {"namespace": "data", "name": NAME},
        "data": {"summary.txt": "why"},
    }
    return Collect(manifest, (Witness("worker", "w", "w1", died),), logs)


def logs(verb: str, what: str) -> web.Response | None:
    return web.Response(text="Killed") if what == "pods/log" else None


async def test_what_the_witnesses_say_is_kept(api: Api, fake: FakeApi) -> None:
    fake.before = logs
    performed = await perform(api, ((a_bundle(),),))
    assert performed.post_mortem == NAME
    [kept] = fake.of("configmaps")
    assert kept["data"]["worker-w.log"] == "Killed"
    assert '"phase": "Running"' in kept["data"]["pods.json"]


async def test_the_log_before_a_restart_is_read_too(api: Api, fake: FakeApi) -> None:
    fake.before = logs
    await perform(api, ((a_bundle(died=True),),))
    [kept] = fake.of("configmaps")
    assert kept["data"]["worker-w.log"] == "Killed\n--- restarted ---\nKilled"


async def test_no_log_is_asked_for_without_the_right(api: Api, fake: FakeApi) -> None:
    await perform(api, ((a_bundle(logs=False),),))
    assert "get pods/log" not in fake.requests
    assert "worker-w.log" not in fake.of("configmaps")[0]["data"]


async def test_a_log_that_cannot_be_read_says_so(api: Api, fake: FakeApi) -> None:
    fake.before = lambda _, what: status(500, "no route to host") if what == "pods/log" else None
    await perform(api, ((a_bundle(),),))
    said = fake.of("configmaps")[0]["data"]["worker-w.log"]
    assert said == "the log cannot be read: no route to host"


async def test_a_bundle_that_was_made_before_is_taken(api: Api, fake: FakeApi) -> None:
    await perform(api, ((a_bundle(),),))
    assert (await perform(api, ((a_bundle(),),))).post_mortem == NAME


async def test_a_bundle_that_is_refused_is_done_without(api: Api, fake: FakeApi) -> None:
    quota = status(403, "exceeded quota")
    fake.before = lambda verb, what: quota if (verb, what) == ("create", "configmaps") else None
    assert (await perform(api, ((a_bundle(),),))).post_mortem == ""


async def test_an_api_server_that_does_not_answer_delays_it(api: Api, fake: FakeApi) -> None:
    down = status(503, "later")
    fake.before = lambda verb, what: down if (verb, what) == ("create", "configmaps") else None
    with pytest.raises(Unavailable):
        await perform(api, ((a_bundle(),),))
