"""Who of a concurrency group gets a place: first come, first served, by each run's own policy."""

from collections.abc import Iterable
from dataclasses import dataclass

from flowrun_operator.observe.groups import Member, line
from flowrun_operator.observe.key import RunKey


@dataclass(frozen=True, slots=True)
class Admit:
    """The run has a place from now on."""

    key: RunKey


@dataclass(frozen=True, slots=True)
class Refuse:
    """The run will never have one."""

    key: RunKey


@dataclass(frozen=True, slots=True)
class Replace:
    """The run gives up its place for another, which waits until it has."""

    key: RunKey
    by: str


Decision = Admit | Refuse | Replace


def decide(members: Iterable[Member]) -> tuple[Decision, ...]:
    """What is to be written now. Nobody overtakes a run that waits."""
    members = tuple(members)
    held = sorted((m for m in members if m.holds), key=lambda m: m.order)
    taken, decisions = len(held), list[Decision]()
    for member in line(members):
        if taken < member.wants.limit:
            decisions.append(Admit(member.key))
            taken += 1
        elif member.wants.policy == "Forbid":
            decisions.append(Refuse(member.key))
        elif member.wants.policy == "Replace":
            leaving = sum(m.replaced for m in held)
            surplus = taken - leaving - member.wants.limit + 1
            oldest = [m for m in held if not m.replaced][: max(0, surplus)]
            decisions += [Replace(m.key, by=member.key.name) for m in oldest]
            break
        else:
            break
    return tuple(decisions)
