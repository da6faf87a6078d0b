"""Turns of a concurrency group against a fake API server: what the index shows may be old."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from flowrun_operator.admissions import Admissions
from flowrun_operator.observe.groups import GroupKey, Member, read_member
from flowrun_operator.observe.indices import Indices
from flowrun_operator.observe.key import RunKey
from flowrun_operator.perform.errors import Conflict
from tests.operator.fake_api import FakeApi, as_json, serving, status

GROUP = GroupKey("data", "etl")


class Group:
    """Runs of one group, and what an index shows of them."""

    def __init__(self, fake: FakeApi, admissions: Admissions, shown: list[Member]) -> None:
        self.fake = fake
        self.admissions = admissions
        self.shown = shown

    def create(self, name: str, **wants: Any) -> None:
        concurrency = {"group": "etl", **wants}
        spec = {"flow": {"entrypoint": "a.b"}, "concurrency": concurrency}
        metadata = {"name": name, "namespace": "data"}
        self.fake.store("flowruns", {"metadata": metadata, "spec": spec})

    def deliver(self) -> None:
        """The watch catches up."""
        members = (read_member(as_json(body)) for body in self.fake.of("flowruns"))
        self.shown[:] = [member for member in members if member is not None]

    def finish(self, name: str) -> None:
        body = self.fake.objects["flowruns", "data", name]
        self.fake.store("flowruns", body | {"status": body["status"] | {"phase": "Succeeded"}})

    async def turn(self) -> None:
        await self.admissions.turn(GROUP)

    def said(self, field: str = "admitted") -> dict[str, Any]:
        return {
            body["metadata"]["name"]: body.get("status", {}).get(field)
            for body in self.fake.of("flowruns")
        }


@asynccontextmanager
async def a_group(*names: str, **wants: Any) -> AsyncIterator[Group]:
    fake, shown, woken = FakeApi(), list[Member](), list[RunKey]()
    async with serving(fake) as api:
        indices = Indices(groups={GROUP: shown})
        group = Group(fake, Admissions(api=api, indices=indices, wake=woken.append), shown)
        for name in names:
            group.create(name, **wants)
        group.deliver()
        yield group


async def test_the_first_are_admitted_and_the_next_when_one_has_ended() -> None:
    async with a_group("a", "b", "c", limit=2) as group:
        await group.turn()
        assert group.said() == {"a": True, "b": True, "c": None}
        group.finish("a")
        group.deliver()
        await group.turn()
        assert group.said() == {"a": True, "b": True, "c": True}


async def test_an_index_that_does_not_show_our_own_writes_admits_nobody_twice() -> None:
    async with a_group("a", "b", "c", limit=1) as group:
        for _ in range(3):
            await group.turn()
        assert group.said() == {"a": True, "b": None, "c": None}
        assert group.fake.requests.count("update flowruns/status") == 1


async def test_a_write_on_what_has_changed_is_refused_and_nothing_is_lost() -> None:
    async with a_group("a", "b", limit=1) as group:
        conflicts = iter([status(409, "modified")])

        def once(verb: str, _: str) -> web.Response | None:
            return next(conflicts, None) if verb == "update" else None

        group.fake.before = once
        with pytest.raises(Conflict):
            await group.turn()
        await group.turn()
        assert group.said() == {"a": True, "b": None}


async def test_a_run_that_is_gone_is_passed_over() -> None:
    async with a_group("a", "b", limit=1) as group:
        del group.fake.objects["flowruns", "data", "a"]
        await group.turn()
        assert group.said() == {"b": True}


async def test_forbid_is_refused_and_replace_replaces() -> None:
    async with a_group("a", limit=1) as group:
        await group.turn()
        group.create("b", policy="Forbid")
        group.create("c", policy="Replace")
        group.deliver()
        await group.turn()
        assert group.said() == {"a": True, "b": False, "c": None}
        assert group.said("replacedBy") == {"a": "c", "b": None, "c": None}
        group.finish("a")
        group.deliver()
        await group.turn()
        assert group.said()["c"] is True


async def test_a_quiet_group_costs_no_request() -> None:
    async with a_group("a", "b", limit=1) as group:
        await group.turn()
        group.deliver()
        group.fake.requests.clear()
        await group.turn()
        assert group.fake.requests == []
