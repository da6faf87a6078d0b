"""Scripts: what a run is asked to do, what somebody does to it meanwhile, and how it must end."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.chaos.simulated import simulated
from tests.e2e.runs import Run, phase, status
from tests.e2e.specs import Spec
from tests.e2e.watch import Seen


@dataclass(frozen=True)
class Step:
    """Somebody changes the spec as soon as the run shows something."""

    when: Callable[[Seen], bool]
    what: str  # is waited for, in words
    change: Spec


@dataclass(frozen=True)
class Script:
    """One run's life, as it must be whatever goes wrong around it."""

    title: str
    spec: Spec
    phase: str
    reason: str | None
    attempts: tuple[str | None, ...]  # the reason of each
    steps: tuple[Step, ...] = ()
    seconds: float = 60.0  # it ends within that

    def act(self, run: Run) -> None:
        """Takes the steps in their order."""
        for step in self.steps:
            run.until(step.when, step.what, timeout=self.seconds)
            run.kubectl.patch_spec("flowrun", run.name, step.change)


def attempt_begun(number: int) -> Callable[[Seen], bool]:
    """The attempt's runner pod is known to the status."""

    def begun(seen: Seen) -> bool:
        attempts: list[dict[str, Any]] = status(seen).get("attempts", [])
        return any(a["number"] == number and a.get("runnerPodUID") for a in attempts)

    return begun


def suspended(seen: Seen) -> bool:
    """The run is held back."""
    return phase(seen) == "Suspended"


BEGUN = "runner pod of attempt 1"
SUCCESS = Script("success", simulated("succeeds"), "Succeeded", None, (None,))
FAILURE = Script("failure", simulated("fails"), "Failed", "TaskFailed", ("TaskFailed",))
RETRY = Script(
    "failure with retry",
    simulated("crashes", "succeeds", backoffSeconds=0),
    "Succeeded",
    None,
    ("RunnerCrashed", None),
)
GIVEN_UP = Script(
    "failure to the last attempt",
    simulated("crashes", backoffSeconds=0, backoffLimit=1),
    "Failed",
    "RunnerCrashed",
    ("RunnerCrashed", "RunnerCrashed"),
)
CANCEL = Script(
    "cancel",
    simulated("stays"),
    "Cancelled",
    "Cancelled",
    ("Cancelled",),
    (Step(attempt_begun(1), BEGUN, {"cancel": True}),),
)
SUSPEND_AND_RESUME = Script(
    "suspend and resume",
    simulated("stays", "succeeds"),
    "Succeeded",
    None,
    ("Suspended", None),
    (
        Step(attempt_begun(1), BEGUN, {"suspend": True}),
        Step(suspended, "suspension", {"suspend": False}),
    ),
)
WITHOUT_STEPS = (SUCCESS, RETRY, SUCCESS, FAILURE)
WRITTEN = (SUCCESS, FAILURE, RETRY, GIVEN_UP, CANCEL, SUSPEND_AND_RESUME)
