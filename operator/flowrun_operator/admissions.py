"""Turns of concurrency groups: one at a time for each group, whoever created its runs.

A place is given by writing ``admitted`` onto the run, under the resourceVersion that was read. What
the index shows may be older than that; so each run that a decision rests on is read afresh, and
the group is judged again with what was found.
"""

import logging
from collections.abc import Callable, Iterable

from flowrun_operator.api.flowrun import FlowRun
from flowrun_operator.api.status import FlowRunStatus
from flowrun_operator.judge.concurrency import Admit, Decision, Refuse, decide
from flowrun_operator.observe.groups import GroupKey, Member, line, read_member
from flowrun_operator.observe.indices import Indices, read_run
from flowrun_operator.observe.key import RunKey
from flowrun_operator.perform.api import Api, Body
from flowrun_operator.perform.reads import find_run
from flowrun_operator.perform.status import write_status
from flowrun_operator.queue import Queue

logger = logging.getLogger(__name__)

AT_ONCE = 8
#: So many of those in line are told when their places change; the others hear of it later.
TOLD_OF_THEIR_PLACE = 20


class Admissions:
    """Gives the places of each group to those that are next."""

    def __init__(self, *, api: Api, indices: Indices, wake: Callable[[RunKey], None]) -> None:
        self._api = api
        self._indices = indices
        self._wake = wake
        self.queue: Queue[GroupKey] = Queue(self.turn, at_once=AT_ONCE)

    async def turn(self, key: GroupKey) -> float | None:
        """Judges the group by fresh reads, and writes what follows."""
        fresh: dict[RunKey, Body | None] = {}
        members = list(self._indices.members(key))
        while True:
            members = _updated(members, fresh)
            decisions = decide(members)
            unread = [k for k in _rests_on(members, decisions) if k not in fresh]
            if not unread:
                break
            for run in unread:
                fresh[run] = await find_run(self._api, run)
        for decision in decisions:
            await self._write(key, decision, fresh[decision.key])
        for member in line(members)[:TOLD_OF_THEIR_PLACE]:
            self._wake(member.key)
        return None

    async def _write(self, group: GroupKey, decision: Decision, body: Body | None) -> None:
        if body is None:
            return  # it has gone since: its event gives the group another turn
        run, _ = read_run(body)
        await write_status(self._api, run, _decided(run, decision))
        logger.info("group=%s/%s %s", *group, decision)


def _rests_on(members: Iterable[Member], decisions: tuple[Decision, ...]) -> list[RunKey]:
    """Whom the index may be wrong about: those who hold a place, and those who get or lose one."""
    if not decisions:
        return []
    return [m.key for m in members if m.holds] + [d.key for d in decisions]


def _updated(members: list[Member], fresh: dict[RunKey, Body | None]) -> list[Member]:
    """The members, as they were read where they were."""
    told: list[Member] = []
    for member in members:
        body = fresh.get(member.key)
        now = member if member.key not in fresh else read_member(body) if body else None
        if now is not None:
            told.append(now)
    return told


def _decided(run: FlowRun, decision: Decision) -> FlowRunStatus:
    change: dict[str, bool | str]
    match decision:
        case Admit():
            change = {"admitted": True}
        case Refuse():
            change = {"admitted": False}
        case _:
            change = {"replaced_by": decision.by}
    return run.status.model_copy(update=change)
