"""Concurrency groups: which runs of a namespace hold a place, and which stand in line for one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from flowrun_operator.api.flowrun import FlowRun
from flowrun_operator.api.lifecycle import Concurrency
from flowrun_operator.api.status import FINISHED
from flowrun_operator.observe.key import RunKey, of_run


class GroupKey(NamedTuple):
    """spec.concurrency.group of a namespace."""

    namespace: str
    group: str


@dataclass(frozen=True, slots=True)
class Member:
    """A run of a group that holds a place, or stands in line; others are none."""

    key: RunKey
    created_at: datetime
    wants: Concurrency
    holds: bool
    replaced: bool = False

    @property
    def order(self) -> tuple[datetime, str]:
        """First come, first served; creation times are whole seconds, so names decide a tie."""
        return self.created_at, self.key.name


def group_of(body: Mapping[str, Any]) -> GroupKey | None:
    """The group of a FlowRun as the API server stores it."""
    concurrency = (body.get("spec") or {}).get("concurrency")
    if not concurrency:
        return None
    return GroupKey(body["metadata"]["namespace"], concurrency["group"])


def read_member(body: Mapping[str, Any]) -> Member | None:
    """None where it neither holds a place nor waits for one: it has ended, is held back, is gone.

    Raises pydantic.ValidationError where the object is none of ours.
    """
    spec, status = body.get("spec") or {}, body.get("status") or {}
    if group_of(body) is None or status.get("phase") in FINISHED:
        return None
    admitted = status.get("admitted")
    if not admitted and (
        admitted is False
        or spec.get("suspend")
        or spec.get("cancel")
        or body["metadata"].get("deletionTimestamp")
    ):
        return None
    return Member(
        key=of_run(body),
        created_at=datetime.fromisoformat(body["metadata"]["creationTimestamp"]),
        wants=Concurrency.model_validate(spec["concurrency"]),
        holds=bool(admitted),
        replaced=bool(status.get("replacedBy")),
    )


def line(members: Iterable[Member]) -> list[Member]:
    """Those that wait, the next one first."""
    return sorted((m for m in members if not m.holds), key=lambda m: m.order)


def place_of(run: FlowRun, members: Iterable[Member]) -> int | None:
    """1 for the next in line; None where the run does not stand in line."""
    waiting = line(members)
    uid = run.metadata.uid
    return next((n for n, m in enumerate(waiting, 1) if m.key.uid == uid), None)
