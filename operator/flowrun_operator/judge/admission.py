"""Whether a run may begin: before its first attempt, and never again afterwards."""

from flowrun_operator.api.flowrun import FlowRun
from flowrun_operator.api.reasons import Reason
from flowrun_operator.api.status import Phase
from flowrun_operator.judge.verdict import Verdict
from flowrun_operator.observe.world import World

#: The value of managedBy that means this operator, as its absence does.
OURSELVES = "flowrun.dev/operator"


def managed_elsewhere(run: FlowRun) -> bool:
    """Another controller runs it: nothing is done for it, and nothing written onto it."""
    return run.spec.managed_by not in (None, OURSELVES)


def invalid_spec(world: World) -> Verdict | None:
    """The spec asks for what this installation does not allow, or cannot be read."""
    if not world.problems:
        return None
    message = "; ".join(str(problem) for problem in world.problems)
    return Verdict(Phase.FAILED, Reason.INVALID_SPEC, message)


def child_is_invalid(world: World) -> Verdict | None:
    """The API server finds a child malformed, as a podTemplate can make it: that cannot heal."""
    refusal = next((r for r in world.memory.refusals if r.reason is Reason.INVALID_SPEC), None)
    if refusal is None:
        return None
    return Verdict(Phase.FAILED, Reason.INVALID_SPEC, f"{refusal.kind}: {refusal.message}")
