"""Runs a flow: from its declaration to its final state. Raises nothing that tasks can cause."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from flowlib.configuration import config
from flowlib.core.flow import Flow
from flowlib.core.task import Task
from flowlib.engine import caches, graph, guard, outcome, run_context
from flowlib.engine.held import Chunk
from flowlib.engine.inputs import offset
from flowlib.engine.progress import Observer
from flowlib.engine.resume.ledger import Ledger
from flowlib.engine.resume.store import Store, StoreFailed
from flowlib.engine.scheduling import Run
from flowlib.engine.state import Cancelled, Failed, Mapped, Pending, Running, Scheduled, State
from flowlib.engine.stop import Stop
from flowlib.engine.tally import Tally
from flowlib.executors.opening import opened
from flowlib.executors.protocol import Executor, ExecutorFailed, ExecutorLost, Handle, Session
from flowlib.utilities.context import context
from flowlib.utilities.logging import get_logger

logger = get_logger("FlowRunner")


@dataclass(frozen=True, slots=True)
class Options:
    """What ``flow.run`` takes besides parameters and an executor."""

    #: More names for the context of every task.
    context: Mapping[str, Any] | None = None
    #: And of single tasks.
    task_contexts: Mapping[Task, Mapping[str, Any]] | None = None
    flow_run_id: str | None = None
    flow_run_name: str | None = None
    #: The state in which the flow run begins.
    state: State | None = None
    #: The states in which its tasks begin, as another run left them.
    task_states: Mapping[Task, State] | None = None
    #: Where what has succeeded is kept, for a run that does not come to its end: the URL of a
    #: folder, which fsspec knows how to reach from here and from the workers.
    results: str | None = None
    #: It stays there when the flow has succeeded, too.
    keep_results: bool = False


NO_OPTIONS = Options()


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
    if "return_tasks" in options:
        raise ValueError("flow.run() returns the states of all tasks: leave return_tasks out.")
    executor = options.pop("executor", None) or flow.executor or default_executor()
    names = [field.name for field in fields(Options)]
    its = Options(**{name: options.pop(name) for name in names if name in options})
    known = {parameter.name for parameter in flow.parameters()}
    if unknown := sorted(set(options) - known):
        raise TypeError(f"flow.run() got unexpected keywords: {', '.join(unknown)}.")
    if run_on_schedule is None:
        run_on_schedule = config.flows.run_on_schedule

    def once(given: Mapping[str, Any], **as_of: Any) -> State:
        if unexpected := sorted(set(given) - known):
            raise ValueError(f"Flow {flow.name!r} has no parameters {', '.join(unexpected)}.")
        missing = sorted(p.name for p in flow.parameters() if p.required and p.name not in given)
        if missing:
            raise ValueError(f"Flow {flow.name!r} needs parameters {', '.join(missing)}.")
        ours = replace(its, context={**as_of, **(its.context or {})})
        return _of_every_task(flow, run_flow(flow, given, executor, Observer(), ours, ask=approved))

    given = {**parameters, **options}
    if flow.schedule is None or not run_on_schedule:
        return once(given)
    from flowlib.engine import on_schedule  # for the few flows that have one

    return on_schedule.run(
        flow, given, lambda values, when: once(values, scheduled_start_time=when)
    )


def _of_every_task(flow: Flow, final: State) -> State:
    """The state, of which somebody asks ``state.result[task]``, also where no task was reached."""
    if final.result is None:
        final.result = {}
    if isinstance(final.result, dict):
        for task in flow.tasks - final.result.keys():
            final.result[task] = Pending("Task not run.")
    return final


def run_flow(
    flow: Flow,
    parameters: Mapping[str, Any],
    executor: Executor,
    observer: Observer,
    options: Options = NO_OPTIONS,
    *,
    preview: Preview | None = None,
    stop: Stop | None = None,
    ask: Callable[[Task], bool] | None = None,
) -> State:
    """Runs it. With a preview no values are brought here but its answer.

    The state is Cancelled where it was stopped with work left. ``ask`` says whether a paused task
    may be resumed; without it paused tasks stay so, and the state is Running.
    """
    stop = stop or Stop()
    more = options.context or {}
    defaults = {p.name: p.default for p in flow.parameters() if not p.required}
    task_context = run_context.of_flow(
        flow.name,
        {**defaults, **(more.get("parameters") or {}), **parameters},
        options.flow_run_id,
        options.flow_run_name,
        {**more, "caches": caches.of(flow)},
    )
    old: State = options.state or Scheduled("Flow run is about to start.")
    if old.is_finished():
        return old
    logger.info("Beginning Flow run for '%s'", flow.name)
    running = _changed(flow, old, Running("Running flow."))
    if not running.is_running():
        return running
    run = _FlowRun(flow, executor, observer, task_context, options, preview, stop, ask)
    ended, raised = guard.call(run)
    if stop.requested and isinstance(raised, ExecutorLost):
        stop.cut_short, ended = True, Cancelled(str(raised))
    elif raised is not None:
        # What is wrong with the cluster, or with the place of results, is told in a message;
        # anything else needs its traceback.
        trace = None if isinstance(raised, (ExecutorFailed, StoreFailed)) else raised
        logger.error("Unexpected error: %r", raised, exc_info=trace)
        ended = Failed(f"Unexpected error: {raised!r}", result=raised)
    final = _with_result(_changed(flow, running, ended), ended)
    _tell(final)
    return final


@dataclass(frozen=True, slots=True)
class _FlowRun:
    """From the declared flow to its state; raises what is wrong with flow or executor."""

    flow: Flow
    executor: Executor
    observer: Observer
    task_context: Mapping[str, Any]
    options: Options
    preview: Preview | None
    stop: Stop
    ask: Callable[[Task], bool] | None

    def __call__(self) -> State:
        nodes = graph.nodes(self.flow)
        store = self.options.results and Store(self.options.results)
        # Before anything is waited for: it may be that nothing can be kept there.
        if store:
            store.prepare()
        ledger = Ledger(store, nodes) if store else None
        final = self._run(nodes, ledger)
        if store and final.is_successful() and not self.options.keep_results:
            store.remove()
        return final

    def _run(self, nodes: tuple[graph.Node, ...], ledger: Ledger | None) -> State:
        reference = self.flow.reference_tasks()
        all_numbers = frozenset(node.number for node in nodes)
        wanted = frozenset(
            node.number
            for node in nodes
            if node.task in reference or node.task.cache_for is not None
        )
        if_small = frozenset() if self.preview else all_numbers
        with opened(self.executor) as session:
            tally = Tally(nodes, self.observer)
            contexts = self.options.task_contexts
            run = Run(
                nodes,
                session,
                self.task_context,
                tally,
                wanted,
                if_small,
                self.stop,
                contexts,
                ledger,
            )
            run.board.begin_with(self.options.task_states or {})
            run.go()
            while not self.stop.cut_short and self._resumed(run):
                run.go()
            if self.stop.cut_short:
                return Cancelled(f"Stopped by {self.stop.by}.")
            final = outcome.of_flow(run.board.columns, reference)
            if self.preview is None:
                final.result = outcome.of_tasks(run, session)
                caches.remember(final.result)
            elif len(reference) == 1 and final.is_successful():
                task = next(iter(reference))
                self.preview.answer = _ask(self.preview, run, session, task)
            return self._judged(final, run, session, reference)

    def _resumed(self, run: Run) -> bool:
        """Whether some paused task may run now."""
        resumed = [column for column in run.paused() if self.ask and self.ask(column.node.task)]
        for column in resumed:
            run.resume(column)
        return bool(resumed)

    def _judged(self, final: State, run: Run, session: Session, reference: set[Task]) -> State:
        """The state, or what the flow's terminal_state_handler makes of it."""
        handler = self.flow.terminal_state_handler
        if handler is None or not final.is_finished():
            return final
        states = final.result or outcome.of_tasks(run, session)
        reference_states: set[State] = set()
        for task in reference:
            state = states[task]
            reference_states.update(state.map_states if isinstance(state, Mapped) else [state])
        return _with_result(handler(self.flow, final, reference_states) or final, final)


def approved(task: Task) -> bool:
    """Asks at the terminal. Where nobody can answer, the task stays paused."""
    try:
        answer = input(f"{task!r} is currently Paused; enter 'y' to resume:\n")
    except (EOFError, OSError):
        return False
    return answer.strip().lower() == "y"


def _ask(preview: Preview, run: Run, session: Session, task: Task) -> Any:
    column = next(column for column in run.board.columns if column.node.task is task)
    if column.settled is not None:
        return preview.ask(column.settled.result)
    held = run.values.of(column)
    handles: list[Handle] = [run.values.handle(key.claim) for _, key in held]
    parts = [(rows, key.part) for rows, key in held]
    return session.apply(_Asking(preview.ask, parts, column.node.mapped), handles)


@dataclass(frozen=True, slots=True)
class _Asking:
    """Asks about the value that lies in these chunks; sent to where they are."""

    ask: Any
    #: For each chunk the rows, and the part of it that holds them.
    parts: list[tuple[range, int]]
    mapped: bool

    def __call__(self, *chunks: Chunk) -> Any:
        values: list[Any] = []
        for (rows, part), chunk in zip(self.parts, chunks, strict=True):
            held = chunk.parts[part]
            at = offset(held, rows.start)
            values += held.values[at : at + len(rows)]
        return self.ask(values if self.mapped else values[0])


def _changed(flow: Flow, old: State, new: State) -> State:
    """The new state, or what the flow's handlers make of it."""
    for handler in flow.state_handlers:
        answer, raised = guard.call(handler, flow, old, new)
        if raised is not None:
            return Failed(f"Unexpected error while calling state handlers: {raised!r}", raised)
        new = answer or new
    return new


def _with_result(told: State, final: State) -> State:
    """What a handler made of the final state; the states of the tasks stay in it."""
    if told.result is None:
        told.result = final.result
    return told


def _tell(final: State) -> None:
    if final.is_failed():
        said = str(final.message)
        if isinstance(final.result, Exception):
            logger.error("Flow run FAILED: %s", said)
        else:
            # As in Prefect: the failures themselves were told as errors.
            logger.info("Flow run FAILED: %s", said.lower())
    elif final.is_successful():
        logger.info("Flow run SUCCESS: all reference tasks succeeded")
    else:
        logger.info("Flow run ended in state %s", type(final).__name__)
