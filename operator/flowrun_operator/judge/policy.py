"""The policy: the order of the checks is what decides, and a test is a table over it."""

from flowrun_operator.judge.admission import child_is_invalid, invalid_spec, not_taken_up
from flowrun_operator.judge.losses import (
    cluster_lost,
    runner_lost,
    runner_taken_away,
    scheduler_lost,
)
from flowrun_operator.judge.outcome import (
    finished_is_final,
    runner_ended_without_verdict,
    runner_failed,
    runner_has_the_last_word,
)
from flowrun_operator.judge.start import (
    flow_runs,
    flow_started_unseen,
    start_deadline_passed,
    starting,
)
from flowrun_operator.judge.verdict import Check, Verdict
from flowrun_operator.observe.world import World

CHECKS: tuple[Check, ...] = (
    finished_is_final,
    invalid_spec,
    not_taken_up,
    child_is_invalid,
    flow_started_unseen,  # tells of Running, in order, before what follows ends the run
    runner_has_the_last_word,  # a success, or a failure that no loss can explain
    cluster_lost,  # explains every other failure of the runner
    runner_taken_away,  # explains a runner that was stopped
    runner_failed,
    runner_ended_without_verdict,
    runner_lost,
    scheduler_lost,
    flow_runs,
    start_deadline_passed,
)


def judge(world: World) -> Verdict:
    """The first answer of the checks; a run that none of them knows is starting."""
    for check in CHECKS:
        verdict = check(world)
        if verdict is not None:
            return verdict
    return starting(world)
