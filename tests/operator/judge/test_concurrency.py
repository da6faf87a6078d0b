"""Who of a concurrency group gets a place, as a table."""

from datetime import timedelta
from typing import Any

import pytest

from flowrun_operator.api.lifecycle import Concurrency
from flowrun_operator.judge.concurrency import Admit, Decision, Refuse, Replace, decide
from flowrun_operator.observe.groups import Member, place_of, read_member
from flowrun_operator.observe.key import RunKey
from tests.operator.build import NOW, UID, a_run


def key(name: str) -> RunKey:
    return RunKey("data", name, f"uid-{name}")


def member(
    name: str, *, limit: int = 1, policy: str = "Queue", holds: bool = False, **fields: Any
) -> Member:
    """Created in the order of their names: a, b, c ..."""
    created_at = NOW + timedelta(seconds=ord(name))
    wants = Concurrency.model_validate({"group": "etl", "limit": limit, "policy": policy})
    return Member(key(name), created_at, wants, holds, **fields)


def held(name: str, **fields: Any) -> Member:
    return member(name, holds=True, **fields)


TABLE: dict[str, tuple[list[Member], list[Decision]]] = {
    "nobody": ([], []),
    "the first of an empty group": ([member("b"), member("a")], [Admit(key("a"))]),
    "as many as there is room for": (
        [held("a", limit=3), *(member(n, limit=3) for n in "bcd")],
        [Admit(key("b")), Admit(key("c"))],
    ),
    "a full group": ([held("a"), member("b")], []),
    "nobody overtakes, whatever its own limit": (
        [held("a"), member("b", limit=1), member("c", limit=5)],
        [],
    ),
    "Forbid is refused where the group is full": (
        [held("a"), member("b", policy="Forbid"), member("c", policy="Forbid")],
        [Refuse(key("b")), Refuse(key("c"))],
    ),
    "Forbid is admitted where it is not": ([member("b", policy="Forbid")], [Admit(key("b"))]),
    "Replace has the oldest leave": (
        [held("b", limit=2), held("a", limit=2), member("c", limit=2, policy="Replace")],
        [Replace(key("a"), by="c")],
    ),
    "Replace waits for one that leaves": (
        [held("a", replaced=True), member("c", policy="Replace")],
        [],
    ),
    "Replace of a group that is over its limit has as many leave as it takes": (
        [held("a"), held("b"), member("c", policy="Replace")],
        [Replace(key("a"), by="c"), Replace(key("b"), by="c")],
    ),
    "two that replace take turns": (
        [held("a"), member("b", policy="Replace"), member("c", policy="Replace")],
        [Replace(key("a"), by="b")],
    ),
}


@pytest.mark.parametrize(("members", "expected"), TABLE.values(), ids=TABLE)
def test_who_gets_a_place(members: list[Member], expected: list[Decision]) -> None:
    assert list(decide(members)) == expected


def test_a_place_in_line_counts_those_that_wait() -> None:
    run = a_run(None)
    mine = Member(RunKey("data", "diamond", UID), NOW, member("a").wants, holds=False)
    assert place_of(run, [mine, member("a"), held("b")]) == 1
    early = Member(key("a"), NOW - timedelta(days=1), mine.wants, holds=False)
    assert place_of(run, [mine, early]) == 2
    assert place_of(run, [early]) is None


def body(spec: dict[str, Any] | None = None, **status: Any) -> dict[str, Any]:
    return {
        "metadata": {
            "name": "a",
            "namespace": "data",
            "uid": "u",
            "creationTimestamp": "2026-11-22T05:00:50Z",
        },
        "spec": {"concurrency": {"group": "etl"}} | (spec or {}),
        "status": status,
    }


MEMBERS: dict[str, tuple[dict[str, Any], bool | None]] = {
    "new": (body(), False),
    "admitted": (body(admitted=True), True),
    "admitted and running": (body(admitted=True, phase="Running"), True),
    "admitted and to be cancelled: it still runs": (body({"cancel": True}, admitted=True), True),
    "refused": (body(admitted=False), None),
    "finished": (body(admitted=True, phase="Succeeded"), None),
    "cancelled": (body(admitted=True, phase="Cancelled"), None),
    "held back": (body({"suspend": True}), None),
    "to be cancelled": (body({"cancel": True}), None),
    "without a group": (body({"concurrency": None}), None),
}


@pytest.mark.parametrize(("of", "holds"), MEMBERS.values(), ids=MEMBERS)
def test_who_belongs_to_a_group(of: dict[str, Any], holds: bool | None) -> None:
    found = read_member(of)
    assert (found.holds if found else None) is holds
