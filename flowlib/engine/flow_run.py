"""Runs a flow: from its declaration to its final state. Raises nothing that tasks can cause."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flowlib.core.flow import Flow
from flowlib.core.task import Task
from flowlib.engine import caches, graph, guard, outcome, run_context
from flowlib.engine.inputs import offset
from flowlib.engine.progress import Observer
from flowlib.engine.scheduling import Run
from flowlib.engine.state import Cancelled, Failed, Running, Scheduled, State
from flowlib.engine.stop import Stop
from flowlib.engine.tally import Tally
from flowlib.executors.protocol import Executor, ExecutorFailed, ExecutorLost, Handle, Session
from flowlib.utilities.context import context
from flowlib.utilities.logging import get_logger

logger = get_logger("FlowRunner")


@dataclass(slots=True)
class Preview:
    """What somebody asked about the only reference task's value, where that value is."""

    ask: Any
    answer: Any = None


def run_declared(
    flow: Flow,
    parameters: Mapping[str, Any],
    run_on_schedule: bool | None,
    options: dict[str, Any],
) -> State:
    """``flow.run``: the executor given, else the flow's, else the configured one."""
    from flowlib.executors.defaults import default_executor  # reads the environment when used

    if context.get("flow") is flow:
        raise RuntimeError("A flow cannot be run inside its own `with` block.")
    if flow.schedule is not None and run_on_schedule is not False:
        raise ValueError(
            f"Flow {flow.name!r} has a schedule, and flowlib keeps schedules as data only: a "
            "CronJob runs them. To run the flow now, call flow.run(run_on_schedule=False)."
        )
    executor = options.pop("executor", None) or flow.executor or default_executor()
    shared = {name: options.pop(name, None) for name in ("context", "flow_run_id", "flow_run_name")}
    known = {parameter.name for parameter in flow.parameters()}
    if unknown := sorted(set(options) - known):
        raise TypeError(f"flow.run() got unexpected keywords: {', '.join(unknown)}.")
    given = {**parameters, **options}
    if unexpected := sorted(set(given) - known):
        raise ValueError(f"Flow {flow.name!r} has no parameters {', '.join(unexpected)}.")
    missing = sorted(p.name for p in flow.parameters() if p.required and p.name not in given)
    if missing:
        raise ValueError(f"Flow {flow.name!r} needs parameters {', '.join(missing)}.")
    return run_flow(flow, given, executor, Observer(), shared=shared)


def run_flow(
    flow: Flow,
    parameters: Mapping[str, Any],
    executor: Executor,
    observer: Observer,
    *,
    shared: Mapping[str, Any] | None = None,
    preview: Preview | None = None,
    stop: Stop | None = None,
) -> State:
    """Runs it. With a preview no values are brought here but its answer.

    The state is Cancelled where it was stopped with work left.
    """
    shared, stop = shared or {}, stop or Stop()
    more = shared.get("context") or {}
    defaults = {p.name: p.default for p in flow.parameters() if not p.required}
    task_context = run_context.of_flow(
        flow.name,
        {**defaults, **(more.get("parameters") or {}), **parameters},
        shared.get("flow_run_id"),
        shared.get("flow_run_name"),
        {**more, "caches": caches.of(flow)},
    )
    logger.info("Beginning Flow run for '%s'", flow.name)
    old: State = Scheduled("Flow run is about to start.")
    running = _changed(flow, old, Running("Running flow."))
    ended, raised = guard.call(_run, flow, executor, observer, task_context, preview, stop)
    if stop.requested and isinstance(raised, ExecutorLost):
        stop.cut_short, ended = True, Cancelled(str(raised))
    elif raised is not None:
        # What is wrong with the cluster is told in a message; anything else needs its traceback.
        trace = None if isinstance(raised, ExecutorFailed) else raised
        logger.error("Unexpected error: %r", raised, exc_info=trace)
        ended = Failed(f"Unexpected error: {raised!r}", result=raised)
    final = _changed(flow, running, ended)
    _tell(final)
    return final


def _run(
    flow: Flow,
    executor: Executor,
    observer: Observer,
    task_context: Mapping[str, Any],
    preview: Preview | None,
    stop: Stop,
) -> State:
    nodes = graph.nodes(flow)
    reference = flow.reference_tasks()
    wanted = frozenset(node.number for node in nodes if preview is None or node.task in reference)
    with executor.start() as session:
        run = Run(nodes, session, task_context, Tally(nodes, observer), wanted, stop)
        run.go()
        if stop.cut_short:
            return Cancelled(f"Stopped by {stop.by}.")
        final = outcome.of_flow([c for c in run.board.columns if c.node.task in reference])
        if preview is None:
            final.result = outcome.of_tasks(run, session)
            caches.remember(final.result)
        elif len(reference) == 1 and final.is_successful():
            preview.answer = _ask(preview, run, session, next(iter(reference)))
        return final


def _ask(preview: Preview, run: Run, session: Session, task: Task) -> Any:
    column = next(column for column in run.board.columns if column.node.task is task)
    if column.settled is not None:
        return preview.ask(column.settled.result)
    held = run.values.of(column)
    handles: list[Handle] = [handle for _, handle in held]
    parts = [part for part, _ in held]
    return session.apply(_Asking(preview.ask, parts, column.node.mapped), handles)


@dataclass(frozen=True, slots=True)
class _Asking:
    """Asks about the value that lies in these chunks; sent to where they are."""

    ask: Any
    parts: list[range]
    mapped: bool

    def __call__(self, *chunks: Any) -> Any:
        values: list[Any] = []
        for part, chunk in zip(self.parts, chunks, strict=True):
            at = offset(chunk.rows, part.start)
            values += chunk.values[at : at + len(part)]
        return self.ask(values if self.mapped else values[0])


def _changed(flow: Flow, old: State, new: State) -> State:
    """The new state, or what the flow's handlers make of it."""
    for handler in flow.state_handlers:
        answer, raised = guard.call(handler, flow, old, new)
        if raised is not None:
            return Failed(f"Unexpected error while calling state handlers: {raised!r}", raised)
        new = answer or new
    if flow.on_failure is not None and new.is_failed():
        raised = guard.call(flow.on_failure, flow, new).raised
        if raised is not None:
            return Failed(f"Unexpected error while calling state handlers: {raised!r}", raised)
    return new


def _tell(final: State) -> None:
    if final.is_failed():
        said = str(final.message)
        # Prefect's line is in lower case; an exception's text stays as it is.
        told = said if isinstance(final.result, Exception) else said.lower()
        logger.error("Flow run FAILED: %s", told)
    elif final.is_successful():
        logger.info("Flow run SUCCESS: all reference tasks succeeded")
    else:
        logger.info("Flow run ended in state %s", type(final).__name__)
