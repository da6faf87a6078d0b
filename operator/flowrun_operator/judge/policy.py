"""The policy: the order of the checks is what decides, and a test is a table over it."""

from flowrun_operator.judge.admission import child_is_invalid, invalid_spec
from flowrun_operator.judge.between import (
    cancelled_between,
    deadline_between,
    held_back,
    not_admitted,
    not_taken_up,
    waits_for_the_next_attempt,
)
from flowrun_operator.judge.losses import (
    cluster_lost,
    not_told_yet,
    out_of_memory,
    runner_lost,
    runner_taken_away,
    scheduler_lost,
    workers_lost,
)
from flowrun_operator.judge.outcome import (
    finished_is_final,
    runner_ended_without_verdict,
    runner_failed,
    runner_has_the_last_word,
)
from flowrun_operator.judge.retry import or_another_attempt
from flowrun_operator.judge.start import (
    flow_runs,
    flow_started_unseen,
    start_deadline_passed,
    starting,
)
from flowrun_operator.judge.stop import must_stop, stopped
from flowrun_operator.judge.verdict import Check, Verdict
from flowrun_operator.observe.world import World

CHECKS: tuple[Check, ...] = (
    finished_is_final,
    invalid_spec,
    # While no attempt is under way:
    cancelled_between,
    deadline_between,
    held_back,
    not_admitted,
    not_taken_up,
    waits_for_the_next_attempt,
    # While one is:
    child_is_invalid,
    flow_started_unseen,  # tells of Running, in order, before what follows ends the run
    runner_has_the_last_word,  # a success, or a failure that no loss can explain
    stopped,  # explains a runner that ended, whatever was lost meanwhile
    must_stop,
    cluster_lost,  # explains every other failure of the runner
    out_of_memory,  # explains workers, a scheduler and a runner that died
    runner_taken_away,  # explains a runner that was stopped
    not_told_yet,  # memory may explain it in a moment
    runner_failed,
    runner_ended_without_verdict,
    runner_lost,
    scheduler_lost,
    workers_lost,
    flow_runs,
    start_deadline_passed,
)


def judge(world: World) -> Verdict:
    """The first answer of the checks; a run that none of them knows is starting."""
    answers = (check(world) for check in CHECKS)
    verdict = next((answer for answer in answers if answer is not None), None)
    return or_another_attempt(world, verdict or starting(world))
