"""What perform/ sends, and how it takes the answers, against a fake API server.

Only what the real API server cannot be made to do at will is here; tests/e2e asks that one.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from flowrun_operator.api import Reason
from flowrun_operator.perform.api import Api, translate
from flowrun_operator.perform.errors import Conflict, NotFound, Refused, Unavailable
from flowrun_operator.perform.events import Emitter
from flowrun_operator.perform.kinds import EVENTS, RESOURCES, WATCHED
from flowrun_operator.perform.perform import perform
from flowrun_operator.perform.probe import NotServed, anything_to_list
from flowrun_operator.perform.reads import mount_failure
from flowrun_operator.perform.rights import RIGHTS
from flowrun_operator.plan.actions import Create, Delete, Kind, Stop, Unblock
from tests.operator.build import UID, a_run
from tests.operator.fake_api import FakeApi, serving, status

FORBIDDEN = 'pods "r" is forbidden: violates PodSecurity "restricted:latest"'


@pytest.fixture
def fake() -> FakeApi:
    return FakeApi()


@pytest.fixture
async def api(fake: FakeApi) -> AsyncIterator[Api]:
    async with serving(fake) as client:
        yield client


def a_create(kind: Kind = Kind.POD, name: str = "r") -> Create:
    owner = {"uid": UID, "controller": True}
    meta = {"namespace": "data", "name": name, "ownerReferences": [owner]}
    return Create({"kind": kind, "metadata": meta})


async def test_a_stage_is_sent_whole_and_the_next_one_not_after_a_refusal(
    api: Api, fake: FakeApi
) -> None:
    fake.before = lambda _, what: status(403, FORBIDDEN) if what == "configmaps" else None
    first = (a_create(Kind.CONFIG_MAP), a_create(Kind.NETWORK_POLICY))
    performed = await perform(api, (first, (a_create(),)))
    assert [(r.kind, r.reason, r.message) for r in performed.refusals] == [
        ("ConfigMap", Reason.FORBIDDEN, FORBIDDEN)
    ]
    assert fake.created == ["networkpolicies"]


async def test_a_create_whose_answer_was_lost_has_succeeded(api: Api, fake: FakeApi) -> None:
    fake.after = lambda verb, _: status(500, "lost") if verb == "create" else None
    with pytest.raises(Unavailable):
        await perform(api, ((a_create(),),))
    fake.after = lambda *_: None
    performed = await perform(api, ((a_create(),),))
    [pod] = fake.of("pods")
    assert performed.uids == {Kind.POD: pod["metadata"]["uid"]}
    assert fake.created == ["pods"]


@pytest.mark.parametrize(
    ("found", "ours"),
    [
        ({"labels": {"of": "ours", "more": "x"}}, True),
        ({"labels": {"of": "another"}}, False),
        ({}, False),
        ({"labels": {"of": "ours"}, "ownerReferences": [{"uid": "x", "controller": True}]}, False),
    ],
)
async def test_a_workers_group_that_is_not_adopted_yet_is_known_by_its_labels(
    api: Api, fake: FakeApi, found: dict[str, Any], ours: bool
) -> None:
    create = a_create(Kind.DASK_WORKER_GROUP, "g")
    create.manifest["metadata"]["labels"] = {"of": "ours"}
    meta = {"namespace": "data", "name": "g", "uid": "g1"} | found
    fake.store("daskworkergroups", {"metadata": meta})
    performed = await perform(api, ((create,),))
    assert (performed.uids, len(performed.refusals)) == (
        ({Kind.DASK_WORKER_GROUP: "g1"}, 0) if ours else ({}, 1)
    )


async def test_a_pod_without_an_owner_is_not_ours_whatever_its_labels(
    api: Api, fake: FakeApi
) -> None:
    create = a_create()
    create.manifest["metadata"]["labels"] = {"of": "ours"}
    fake.store("pods", {"metadata": {"namespace": "data", "name": "r", "labels": {"of": "ours"}}})
    [refusal] = (await perform(api, ((create,),))).refusals
    assert "does not belong to this FlowRun" in refusal.message


async def test_a_conflict_about_something_else_is_tried_again(api: Api, fake: FakeApi) -> None:
    fake.before = lambda verb, _: status(409, "quota changed") if verb == "create" else None
    with pytest.raises(Conflict, match="quota changed"):
        await perform(api, ((a_create(),),))


async def test_the_rest_of_a_stage_is_waited_for_before_its_failure_is_raised(
    api: Api, fake: FakeApi
) -> None:
    fake.before = lambda _, what: status(503, "busy") if what == "daskclusters" else None
    with pytest.raises(Unavailable):
        await perform(api, ((a_create(Kind.DASK_CLUSTER), a_create()),))
    assert fake.created == ["pods"]


async def test_another_object_of_the_same_name_is_not_deleted(api: Api, fake: FakeApi) -> None:
    fake.store("pods", {"metadata": {"namespace": "data", "name": "r", "uid": "later"}})
    await perform(api, ((Delete(Kind.POD, "data", "r", "earlier"),),))
    assert len(fake.of("pods")) == 1


async def test_an_object_of_unknown_uid_is_deleted_only_by_its_owner(
    api: Api, fake: FakeApi
) -> None:
    delete = Delete(Kind.DASK_CLUSTER, "data", "c", owner_uid=UID, foreground=True)
    fake.store("daskclusters", {"metadata": {"namespace": "data", "name": "c"}})
    await perform(api, ((delete,),))
    assert len(fake.of("daskclusters")) == 1
    owners = [{"uid": UID, "controller": True}]
    fake.store(
        "daskclusters", {"metadata": {"namespace": "data", "name": "c", "ownerReferences": owners}}
    )
    performed = await perform(api, ((delete,),))
    assert fake.of("daskclusters") == []
    assert performed.released


async def test_what_is_gone_already_needs_nothing(api: Api, fake: FakeApi) -> None:
    gone = (
        Delete(Kind.POD, "data", "r", "u"),
        Stop("data", "r", "u"),
        Unblock(Kind.DASK_CLUSTER, "data", "c", "u", "f"),
    )
    assert (await perform(api, (gone,))).refusals == ()


async def test_a_pod_that_came_later_is_not_stopped(api: Api, fake: FakeApi) -> None:
    fake.store("pods", {"metadata": {"namespace": "data", "name": "r", "uid": "later"}})
    await perform(api, ((Stop("data", "r", "earlier"),),))
    assert "spec" not in fake.of("pods")[0]


@pytest.mark.parametrize(("finalizers", "left"), [(["f"], []), (["f", "g"], ["f", "g"])])
async def test_a_finalizer_is_taken_off_only_if_it_is_the_last(
    api: Api, fake: FakeApi, finalizers: list[str], left: list[str]
) -> None:
    meta = {"namespace": "data", "name": "c", "uid": "u", "finalizers": finalizers}
    fake.store("daskclusters", {"metadata": meta})
    await perform(api, ((Unblock(Kind.DASK_CLUSTER, "data", "c", "u", "f"),),))
    assert fake.of("daskclusters")[0]["metadata"]["finalizers"] == left


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (400, Refused),
        (401, Unavailable),
        (403, Refused),
        (404, NotFound),
        (409, Conflict),
        (422, Refused),
        (429, Unavailable),
        (500, Unavailable),
        (503, Unavailable),
        (504, Unavailable),
    ],
)
def test_each_http_status_has_its_meaning(code: int, error: type[Exception]) -> None:
    translated = translate(code, b'{"message": "its own words"}', None)
    assert type(translated) is error
    assert str(translated) == "its own words"


def test_the_api_server_says_when_to_come_again() -> None:
    assert translate(429, b"{}", "7").retry_after == 7.0
    assert translate(429, b"{}", "999999").retry_after == 60.0
    assert translate(429, b"{}", "Sun, 22 Nov 2026").retry_after == 0.0


def test_an_answer_that_is_no_json_is_quoted() -> None:
    assert str(translate(502, b"<html>Bad Gateway", None)) == "<html>Bad Gateway"
    assert str(translate(502, b"", None)) == "HTTP 502"


async def test_an_api_server_that_does_not_answer_is_unavailable() -> None:
    async with serving(FakeApi()) as client:
        pass
    async with serving(FakeApi()) as other:
        other._client.configuration.host = client._client.configuration.host
        with pytest.raises(Unavailable):
            await other.get(RESOURCES[Kind.POD], "data", "r")


async def test_a_volumes_failure_is_told_by_the_last_event_about_it(
    api: Api, fake: FakeApi
) -> None:
    said = (("a", "FailedMount", "1"), ("b", "FailedMount", "2"), ("c", "BackOff", "3"))
    for name, reason, time in said:
        fake.store(
            "events",
            {
                "metadata": {"namespace": "data", "name": name},
                "reason": reason,
                "message": f"said {name}",
                "lastTimestamp": time,
            },
        )
    assert await mount_failure(api, "data", "pod-uid") == "said b"


async def test_a_kubelet_that_has_not_heard_of_a_configmap_yet_is_no_failure_of_the_volume(
    api: Api, fake: FakeApi
) -> None:
    fake.store(
        "events",
        {
            "metadata": {"namespace": "data", "name": "a"},
            "reason": "FailedMount",
            "message": 'MountVolume.SetUp failed for volume "flowrun-source" : '
            "failed to sync configmap cache: timed out waiting for the condition",
            "lastTimestamp": "1",
        },
    )
    assert await mount_failure(api, "data", "pod-uid") == ""


async def test_the_probe_tells_whether_there_is_anything_to_list(api: Api, fake: FakeApi) -> None:
    assert not await anything_to_list(api, ())
    fake.store("deployments", {"metadata": {"namespace": "data", "name": "d"}})
    assert await anything_to_list(api, ())


async def test_the_probe_asks_in_each_watched_namespace_and_nowhere_else(
    api: Api, fake: FakeApi
) -> None:
    fake.store("deployments", {"metadata": {"namespace": "data", "name": "d"}})
    assert not await anything_to_list(api, ("team-a", "team-b"))
    assert fake.requests == ["list " + resource.plural for resource in WATCHED] * 2
    assert await anything_to_list(api, ("team-a", "data"))


async def test_the_probe_names_a_kind_that_is_not_served(api: Api, fake: FakeApi) -> None:
    fake.before = lambda _, what: status(404, "no") if what == "daskclusters" else None
    with pytest.raises(NotServed, match=r"daskclusters\.kubernetes\.dask\.org"):
        await anything_to_list(api, ())


async def test_the_probe_passes_on_a_missing_right(api: Api, fake: FakeApi) -> None:
    fake.before = lambda _, what: status(403, "pods is forbidden") if what == "pods" else None
    with pytest.raises(Refused, match="pods is forbidden"):
        await anything_to_list(api, ())


async def test_events_go_out_in_their_order_and_a_refused_one_holds_nobody_up(
    api: Api, fake: FakeApi
) -> None:
    answers = iter([None, status(403, "namespace is being terminated"), None])
    fake.before = lambda *_: next(answers)
    emitter = Emitter(api)
    for reason in ("Pending", "Starting", "Running"):
        emitter.emit(a_run(), "Normal", reason, "words")
    sending = asyncio.create_task(emitter.run())
    await emitter.drain()
    sending.cancel()
    events: list[dict[str, Any]] = fake.of("events")
    assert [event["reason"] for event in events] == ["Pending", "Running"]
    assert [e["metadata"]["name"] for e in events] == sorted(e["metadata"]["name"] for e in events)
    assert events[0]["involvedObject"]["uid"] == UID


async def test_an_event_that_a_lost_answer_told_of_is_no_trouble(
    api: Api, fake: FakeApi, caplog: pytest.LogCaptureFixture
) -> None:
    fake.before = lambda *_: status(409, "already exists")
    emitter = Emitter(api)
    emitter.emit(a_run(), "Normal", "Running", "words")
    sending = asyncio.create_task(emitter.run())
    await emitter.drain()
    sending.cancel()
    assert caplog.messages == []


async def test_an_event_that_takes_its_time_holds_up_no_other_runs(
    fake: FakeApi, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    free, told = asyncio.Event(), asyncio.Queue[str]()

    async def create(_: Any, __: str, body: dict[str, Any]) -> dict[str, Any]:
        if body["reason"] == "Slow":
            await free.wait()
        told.put_nowait(body["reason"])
        return body

    monkeypatch.setattr(api, "create", create)
    emitter = Emitter(api)
    sending = asyncio.create_task(emitter.run())
    emitter.emit(a_run(), "Normal", "Slow", "words")
    emitter.emit(a_run(), "Normal", "Next", "words")
    run = a_run()
    for number in range(1000):  # some uid goes by another sender
        meta = run.metadata.model_copy(update={"uid": f"another-{number}"})
        emitter.emit(run.model_copy(update={"metadata": meta}), "Normal", "Another", "words")
    assert await asyncio.wait_for(told.get(), timeout=10) == "Another"
    free.set()
    await emitter.drain()
    sending.cancel()
    reasons = [told.get_nowait() for _ in range(told.qsize())]
    assert [each for each in reasons if each != "Another"] == ["Slow", "Next"]
    assert reasons.count("Another") == 999


def test_what_is_watched_may_be_listed_and_watched() -> None:
    granted = {(r.group, r.resource): r.verbs for r in RIGHTS}
    for resource in WATCHED:
        assert granted[resource.group, resource.plural] >= {"list", "watch"}


def test_no_right_reaches_further_than_the_kinds_that_are_used() -> None:
    used = {(r.group, r.plural) for r in (*RESOURCES.values(), *WATCHED, EVENTS)}
    assert {(r.group, r.resource.partition("/")[0]) for r in RIGHTS} == used
