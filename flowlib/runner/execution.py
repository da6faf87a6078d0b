"""One flow run, from declared to verdict. The runner pod and ``flowrun run`` share it."""

import json
from collections.abc import Mapping
from typing import Any

from flowlib.core.flow import Flow
from flowlib.engine.flow_run import NO_OPTIONS, Options, Preview, run_flow
from flowlib.engine.progress import Observer, Snapshot
from flowlib.engine.resume.store import StoreFailed
from flowlib.engine.state import State
from flowlib.engine.stop import Stop
from flowlib.executors.protocol import Executor, ExecutorLost, WorkersLost
from flowlib.runner.progress import Stage
from flowlib.runner.verdict import NO_RESULT, Outcome, Reason, Verdict, small_json, stopped
from flowlib.runner.versions import VersionMismatch
from flowlib.utilities.logging import get_logger

REASONS: Mapping[type[Exception], Reason] = {
    ExecutorLost: Reason.SCHEDULER_LOST,
    WorkersLost: Reason.WORKERS_LOST,
    VersionMismatch: Reason.VERSION_MISMATCH,
    StoreFailed: Reason.CONTAINER_CONFIG,
}

logger = get_logger("runner")


def execute(
    flow: Flow,
    parameters: Mapping[str, Any],
    executor: Executor,
    observer: Observer,
    stop: Stop,
    options: Options = NO_OPTIONS,
) -> Verdict:
    """Runs the flow on this executor, whatever executor or schedule it brings itself.

    The observer can be read, and the stop requested, by other threads meanwhile. Raises nothing
    that a flow can cause but SystemExit and KeyboardInterrupt.
    """
    if flow.executor is not None:
        logger.info("The flow's own executor %r is replaced by %r", flow.executor, executor)
    if flow.schedule is not None:
        logger.info("The flow's own schedule is not followed: it runs once, now")
    preview = Preview(small_json)
    final = run_flow(flow, parameters, executor, observer, options, preview=preview, stop=stop)
    if stop.cut_short:
        return stopped(stop.by, Stage.RUNNING, observer.snapshot, loaded=True)
    return judge(final, observer.snapshot, preview.answer)


def judge(final: State, snapshot: Snapshot, result: str | None) -> Verdict:
    """The verdict that a flow's final state implies; the result is JSON, or None for none."""
    outcome, reason, message = Outcome.FAILED, Reason.TASK_FAILED, _failure(final, snapshot)
    if final.is_successful():
        outcome, message = Outcome.SUCCEEDED, str(final.message)
    elif final.is_running():
        message = f"{final.message} Nobody can resume them in a FlowRun: it has no terminal."
    elif type(final.result) in REASONS:
        reason, message = REASONS[type(final.result)], str(final.result)
    elif snapshot.causes == snapshot.killed > 0:
        reason = Reason.WORKERS_LOST
    return Verdict(
        outcome=outcome,
        reason=None if outcome is Outcome.SUCCEEDED else reason,
        message=message,
        started_at=snapshot.started_at,
        tasks=snapshot.counts,
        resumed=snapshot.resumed,
        failed_tasks=snapshot.failed_tasks,
        result=NO_RESULT if result is None else json.loads(result),
    )


def _failure(final: State, snapshot: Snapshot) -> str:
    if not snapshot.failed_tasks:
        return str(final.message)
    counts, first = snapshot.counts, snapshot.failed_tasks[0]
    said = f"{final.message} {counts.failed} of {counts.total} tasks failed; the first was "
    return f"{said}{first.name}: {first.message}"
