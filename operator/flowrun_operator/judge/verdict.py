"""What a policy answers."""

from collections.abc import Callable
from dataclasses import dataclass

from flowrun_operator.api.reasons import Reason
from flowrun_operator.api.status import FINISHED, Phase
from flowrun_operator.observe.world import World


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something does not start, from evidence that the message quotes."""

    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where a run is now. Of a run that is Starting, the reason is what holds it up."""

    phase: Phase
    reason: Reason | None = None
    message: str = ""

    @property
    def final(self) -> bool:
        """The run has ended."""
        return self.phase in FINISHED


def failed(cause: Cause) -> Verdict:
    """The run ends for that cause."""
    return Verdict(Phase.FAILED, cause.reason, cause.message)


Check = Callable[[World], Verdict | None]
