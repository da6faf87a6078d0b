"""What a policy answers."""

from collections.abc import Callable
from dataclasses import dataclass

from flowrun_operator.api.reasons import Reason
from flowrun_operator.api.status import FINISHED, Phase
from flowrun_operator.observe.world import World


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something does not start, or ended, from evidence that the message quotes."""

    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where a run is now, and what becomes of its attempt: at most one of begins, stops, ends.

    Of a run that has not ended, the reason is what holds it up.
    """

    phase: Phase
    reason: Reason | None = None
    message: str = ""
    begins: bool = False  # another attempt
    stops: Cause | None = None  # the attempt under way is to end, with its runner's last words
    ends: Cause | None = None  # the attempt under way has ended, the run has not

    @property
    def final(self) -> bool:
        """The run has ended."""
        return self.phase in FINISHED


def failed(cause: Cause) -> Verdict:
    """The run ends for that cause."""
    return Verdict(Phase.FAILED, cause.reason, cause.message)


Check = Callable[[World], Verdict | None]
