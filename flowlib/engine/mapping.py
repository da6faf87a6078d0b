"""What becomes of a mapped task before its children: how many there are, or why there are none."""

from collections.abc import Sequence
from dataclasses import dataclass

from flowlib.core.task import Task
from flowlib.engine.child import UPSTREAM_SKIPPED
from flowlib.engine.state import Failed, Skipped, State
from flowlib.engine.work import UNMAPPABLE


@dataclass(frozen=True, slots=True)
class Before:
    """One input of a mapped task, as far as the map is concerned."""

    #: It is mapped over, not given whole.
    mapped: bool
    failed: bool
    skipped: bool
    #: Its number of items or children, or what raised when they were counted; None where it is not
    #: mapped over.
    length: int | Exception | None


def decide(task: Task, before: Sequence[Before]) -> int | State:
    """The number of children, or the state of a mapped task that has none.

    Whether children may run is no question yet: each judges by its own trigger. Raises what an
    input raises that is mapped over and cannot be.
    """
    if task.skip_on_upstream_skip and any(its.skipped for its in before):
        return Skipped(UPSTREAM_SKIPPED)
    over = [its.length for its in before if its.mapped and not its.failed]
    if not over:
        return Failed("No upstream states can be mapped over.")
    if UNMAPPABLE in over:
        return Failed("At least one upstream state has an unmappable result.")
    numbers = []
    for length in over:
        if isinstance(length, Exception):
            raise length
        numbers.append(length or 0)
    return min(numbers)
