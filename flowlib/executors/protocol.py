"""Between the engine and the places where work runs: all of it on one page.

The engine makes claims (some rows of one task or of several, and where their inputs are) and an
executor runs them by ``engine.chunk.run``. Values stay where they were made, behind handles.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from flowlib.engine.held import Chunk
from flowlib.engine.work import Claim, Report, TaskSpec

#: A chunk of values, where it was made. Only the session that gave it out can read it.
Handle = Any


class ExecutorFailed(Exception):
    """The place where work runs cannot run this flow to its end."""


class ExecutorLost(ExecutorFailed):
    """It is gone for good, and the values there with it."""


class WorkersLost(ExecutorFailed):
    """Its workers die of what they are given."""


class Session(Protocol):
    """An executor while one flow runs."""

    @property
    def threads(self) -> int:
        """How many claims can run at the same time, at this moment; at least 1."""

    @property
    def window(self) -> int:
        """How many claims to have given out, running and waiting."""

    @property
    def box(self) -> float:
        """Seconds after which a chunk stops and hands the rest of its rows back."""

    def submit(self, specs: Sequence[TaskSpec], claim: Claim, inputs: Sequence[Handle]) -> Handle:
        """Gives a claim out, with a specification for each of its parts.

        The handle is that of the chunk that will come of it.
        """

    def next_report(self, timeout: float | None) -> Report | None:
        """Waits for a report; None after so many seconds. Raises ExecutorLost."""

    def wake(self) -> None:
        """Has next_report return soon, from any thread or signal handler."""

    def stop(self, out: Mapping[int, Handle]) -> Collection[int]:
        """From now on no further row is begun. Names the claims of these that will not report."""

    def narrow(self, handle: Handle, parts: Collection[int]) -> Handle:
        """A handle of the same chunk, where it is, without the values of its other parts."""

    def fetch(self, handles: Sequence[Handle]) -> list[Chunk]:
        """The chunks themselves, in this process."""

    def apply(self, function: Callable[..., Any], handles: Sequence[Handle]) -> Any:
        """What function answers to the chunks, called where they are."""


class Executor(Protocol):
    """Where a flow runs."""

    def start(self) -> AbstractContextManager[Session]:
        """Gets the place ready, for one flow run."""
