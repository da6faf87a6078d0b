"""Kopf watches and does nothing else."""

import gc
import inspect
import weakref
from typing import Any

import kopf

from flowrun_operator import handlers
from flowrun_operator.observe.groups import GroupKey
from flowrun_operator.observe.key import RunKey
from flowrun_operator.perform.connect import Credentials
from flowrun_operator.perform.kinds import WATCHED

ENQUEUED: list[RunKey] = []
GROUPS: list[GroupKey] = []


async def no_login() -> Credentials:
    return Credentials("https://localhost", None, None, None, None)


def a_registry() -> kopf.OperatorRegistry:
    return handlers.registry(
        started=lambda _: None,
        enqueue=ENQUEUED.append,
        heard=lambda _: None,
        group_changed=GROUPS.append,
        login=no_login,
    )


def test_kopf_takes_nobodys_finalizer_off_and_posts_nothing() -> None:
    chosen = handlers.settings()
    assert chosen.persistence.finalizer == "flowrun.dev/kopf-unused"
    assert not chosen.posting.enabled
    body, patch = kopf.Body({"spec": {"flow": 1}}), kopf.Patch()
    essence = chosen.persistence.diffbase_storage.build(body=body)
    chosen.persistence.diffbase_storage.store(body=body, patch=patch, essence=essence)
    chosen.persistence.progress_storage.touch(body=body, patch=patch, value="now")
    assert not essence
    assert not patch
    assert chosen.scanning.disabled


def test_other_peoples_pods_are_filtered_on_the_server() -> None:
    selectors = handlers.settings().watching.label_selectors
    assert {(s.group, s.any_name) for s in selectors} == {
        (group, name) for group, _, name in handlers.OURS
    }
    assert set(selectors.values()) == {"flowrun.dev/uid"}


def test_there_are_only_event_and_index_handlers() -> None:
    registry = a_registry()
    assert list(registry._changing.get_all_handlers()) == []
    assert list(registry._spawning.get_all_handlers()) == []
    assert list(registry._webhooks.get_all_handlers()) == []
    watched = {(h.selector.group, h.selector.any_name) for h in registry._watching._handlers}
    indexed = {(h.selector.group, h.selector.any_name) for h in registry._indexing._handlers}
    assert watched == indexed == {(r.group, r.plural) for r in WATCHED}


def test_all_handlers_are_coroutines_since_kopf_runs_functions_in_threads() -> None:
    registry = a_registry()
    every: list[Any] = [
        *registry._watching._handlers,
        *registry._indexing._handlers,
        *registry._activities._handlers,
    ]
    assert all(inspect.iscoroutinefunction(handler.fn) for handler in every)


async def test_an_event_of_a_run_enqueues_it_and_its_concurrency_group() -> None:
    [run] = [h for h in a_registry()._watching._handlers if h.id == "run"]
    metadata = {"namespace": "data", "name": "a", "uid": "u"}
    ENQUEUED.clear()
    for spec in ({}, {"concurrency": {"group": "etl"}}):
        await run.fn(body=kopf.Body({"metadata": metadata, "spec": spec}))
    assert [RunKey("data", "a", "u")] * 2 == ENQUEUED
    assert [GroupKey("data", "etl")] == GROUPS


async def test_a_childs_event_enqueues_its_run() -> None:
    [pods] = [h for h in a_registry()._watching._handlers if h.id == "pods-changed"]
    labels = {"flowrun.dev/uid": "u", "flowrun.dev/name": "diamond"}
    ENQUEUED.clear()
    for its in (labels, {}):
        metadata = {"namespace": "data", "name": "p", "labels": its}
        await pods.fn(body=kopf.Body({"metadata": metadata}))
    assert [RunKey("data", "diamond", "u")] == ENQUEUED


class Told(dict[str, Any]):
    """What can be asked whether it is still there."""


async def test_what_an_event_told_does_not_wait_for_the_garbage_collector() -> None:
    metadata = {"namespace": "data", "name": "a", "uid": "u"}
    gc.disable()
    try:
        for handler in a_registry()._watching._handlers:
            told = Told(metadata=metadata)
            there, body = weakref.ref(told), kopf.Body(told)
            del told
            await handler.fn(body=body)
            del body
            assert there() is None, handler.id
    finally:
        gc.enable()
