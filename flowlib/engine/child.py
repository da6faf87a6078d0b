"""One task run, start to end: never raises, always comes to a State."""

import datetime
from collections.abc import Callable, Mapping
from typing import Any

from flowlib.configuration import config
from flowlib.core.task import Task
from flowlib.engine import guard, signals
from flowlib.engine.extras import Extras
from flowlib.engine.inputs import SUCCEEDED
from flowlib.engine.state import (
    Failed,
    Looped,
    Mapped,
    Pending,
    Retrying,
    Running,
    Skipped,
    State,
    Success,
    TimedOut,
    TriggerFailed,
)
from flowlib.exceptions import TaskTimeoutSignal
from flowlib.utilities.context import context
from flowlib.utilities.logging import get_logger

Call = Callable[..., guard.Outcome]

UPSTREAM_SKIPPED = (
    "Upstream task was skipped; if this was not the intended behavior, consider changing "
    "`skip_on_upstream_skip=False` for this task."
)

logger = get_logger("TaskRunner")


def run(
    task: Task,
    arguments: Mapping[str, Any],
    upstream_states: Mapping[Any, State] | None,
    previous: State | None,
    call: Call,
    extras: Extras | None = None,
) -> State:
    """Runs the task once, within a context that knows its child.

    upstream_states is None where all are plain successes and the trigger need not be asked.
    """
    if not _quiet():
        logger.info("Task '%s': Starting task run...", context["task_full_name"])
    return _logged(_run(task, arguments, upstream_states, previous, call, extras))


def conclude(task: Task, arguments: Mapping[str, Any], outcome: guard.Outcome, call: Call) -> State:
    """The rest of a run whose body was called already, by somebody who expected nothing of it."""
    return _logged(_after_body(task, Running("Starting task run."), outcome, arguments, call, None))


def _quiet() -> bool:
    return context["map_index"] is not None and not config.logging.mapped_children


def _logged(state: State) -> State:
    if not state.is_successful() or not _quiet():
        logger.info(
            "Task '%s': Finished task run for task with final state: '%s'",
            context["task_full_name"],
            type(state).__name__,
        )
    return state


def _run(
    task: Task,
    arguments: Mapping[str, Any],
    upstream_states: Mapping[Any, State] | None,
    previous: State | None,
    call: Call,
    extras: Extras | None,
) -> State:
    old: State = previous or Pending()
    if extras is not None and not skips(task, upstream_states):
        found = extras.before(arguments, call)
        if found is not None:
            return change(task, old, found, call)
    if upstream_states is not None:
        judged = judge(task, upstream_states, call)
        if judged is not None:
            return change(task, old, judged, call)
    running = change(task, old, Running("Starting task run."), call)
    if not running.is_running():
        return running
    outcome = _body(task, arguments, call, extras)
    return _after_body(task, running, outcome, arguments, call, extras)


def _after_body(
    task: Task,
    running: State,
    outcome: guard.Outcome,
    arguments: Mapping[str, Any],
    call: Call,
    extras: Extras | None,
) -> State:
    ended, over = _changed(task, running, _ended(outcome, arguments, call, extras), call)
    while isinstance(ended, Looped):
        context.update(
            task_loop_count=ended.loop_count + 1, task_loop_result=ended.result, task_run_count=1
        )
        running = change(task, Pending(), Running("Starting task run."), call)
        if not running.is_running():
            return running
        outcome = _body(task, arguments, call, extras)
        ended, over = _changed(task, running, _ended(outcome, arguments, call, extras), call)
    again = None if over else _retry(task, ended)
    final = ended if again is None else change(task, ended, again, call)
    final.attempts = context["task_run_count"]
    return final


def judge(task: Task, upstream_states: Mapping[Any, State], call: Call) -> State | None:
    """What becomes of a task for what came before it; None if it may run."""
    if skips(task, upstream_states):
        return Skipped(UPSTREAM_SKIPPED)
    may_run, raised = call(task.trigger, upstream_states)
    if isinstance(raised, signals.PrefectStateSignal):
        return raised.state
    if raised is not None:
        return TriggerFailed(
            f"Unexpected error while checking task trigger: {raised!r}", result=raised
        )
    return None if may_run else signals.TRIGGERFAIL("Trigger failed").state


def skips(task: Task, upstream_states: Mapping[Any, State] | None) -> bool:
    """Whether it is skipped, since something before it was."""
    states = (upstream_states or {}).values()
    return task.skip_on_upstream_skip and any(map(_skipped, states))


def _skipped(state: State) -> bool:
    if isinstance(state, Mapped):
        return any(child.is_skipped() for child in state.map_states)
    return state.is_skipped()


def _body(
    task: Task, arguments: Mapping[str, Any], call: Call, extras: Extras | None
) -> guard.Outcome:
    return call(task.run, **arguments) if extras is None else extras.body(arguments, call)


def _ended(
    outcome: guard.Outcome, arguments: Mapping[str, Any], call: Call, extras: Extras | None
) -> State:
    value, raised = outcome
    if raised is None:
        ended = Success(SUCCEEDED, result=value)
        return ended if extras is None else extras.after(ended, arguments, call)
    if isinstance(raised, TaskTimeoutSignal) and extras is not None:
        return TimedOut("Task timed out during execution.", result=raised)
    if isinstance(raised, signals.PrefectStateSignal):
        return raised.state
    logger.error(
        "Task '%s': Exception encountered during task execution!",
        context["task_full_name"],
        exc_info=raised,
    )
    return Failed(f"Error during execution of task: {raised!r}", result=raised)


def _retry(task: Task, ended: State) -> Retrying | None:
    """The state in which a failed task waits for its next attempt, if it has one."""
    run_count: int = context["task_run_count"]
    if isinstance(ended, Retrying):  # a RETRY signal, whatever max_retries says
        ended.run_count = run_count
        return None
    if not isinstance(ended, Failed) or run_count > task.max_retries or task.retry_delay is None:
        return None
    wanted = tuple(task.retry_on or ())
    if wanted and ended.result is not None and not isinstance(ended.result, wanted):
        return None
    return Retrying(
        f"Retrying Task (after attempt {run_count} of {task.max_retries + 1})",
        start_time=datetime.datetime.now(datetime.UTC) + task.retry_delay,
        run_count=run_count,
        context={
            key: context[key] for key in ("task_loop_count", "task_loop_result") if key in context
        },
    )


def change(task: Task, old: State, new: State, call: Call) -> State:
    """The new state, or what the task's handlers make of it."""
    return _changed(task, old, new, call)[0]


def _changed(task: Task, old: State, new: State, call: Call) -> tuple[State, bool]:
    """The same; and whether a handler broke, so that no retry follows."""
    for handler in task.state_handlers:
        answer, raised = call(handler, task, old, new)
        if isinstance(raised, signals.PrefectStateSignal):
            return raised.state, False
        if raised is not None:
            text = f"Unexpected error while calling state handlers: {raised!r}"
            return Failed(text, result=raised), True
        new = answer or new
    return new, False
