"""What a flow run came to: the state of every task, and of the whole."""

from collections.abc import Collection, Sequence
from typing import Any

from flowlib.core.task import Task
from flowlib.engine.column import Column
from flowlib.engine.held import Held
from flowlib.engine.inputs import MAPPED, SUCCEEDED, offset
from flowlib.engine.scheduling import Run
from flowlib.engine.state import Failed, Mapped, Pending, Running, State, Success
from flowlib.exceptions import ResultNotGathered
from flowlib.executors.protocol import Session

NOT_RUN = "Task not run."


def of_flow(columns: Sequence[Column], reference: Collection[Task]) -> State:
    """The flow's state, by its reference tasks."""
    if not all(column.complete for column in columns if not column.node.downstreams):
        return Running("Flow run in progress: some tasks are paused.")
    deciding = [column for column in columns if column.node.task in reference]
    if any(column.any_failed for column in deciding):
        return Failed("Some reference tasks failed.")
    if all(column.all_successful for column in deciding):
        return Success("All reference tasks succeeded.")
    return Success("No reference tasks failed.")


def of_tasks(run: Run, session: Session) -> dict[Task, State]:
    """The state of every task, with its result."""
    columns = run.board.columns
    here = [column for column in columns if run.values.keeps(column)]
    needed = run.values.needed(here)
    # All at once: a question to the cluster for each task would take its time.
    handles = [
        handle if parts is None else session.narrow(handle, parts)
        for handle, parts in ((run.values.handle(claim), its) for claim, its in needed.items())
    ]
    fetched = session.fetch(handles)
    chunks = dict(zip(needed, fetched, strict=True))
    held = {
        column: [(rows, chunks[key.claim].parts[key.part]) for rows, key in column.pieces]
        for column in here
    }
    return {column.node.task: _state(column, held.get(column)) for column in columns}


def _state(column: Column, held: list[tuple[range, Held]] | None) -> State:
    if column.settled is not None:
        return column.settled
    if column.width is None:
        return Pending(NOT_RUN)
    children = Children(column, held)
    if not column.node.mapped:
        return children.states()[0]
    state = Mapped.later(MAPPED, children, column.width)
    if held is None:
        state.elsewhere(children.why_elsewhere())
    return state


class Children:
    """The rows of a column: results and states are made when somebody asks for them."""

    def __init__(self, column: Column, held: list[tuple[range, Held]] | None) -> None:
        self._name = column.node.task.name
        self._width = column.width or 0
        self._nbytes = column.nbytes
        self._states = column.states
        self._previous = column.previous
        self._done = column.done
        #: None: the values are not here.
        self._held = held

    def results(self) -> list[Any]:
        """One for each row: of a failed one its exception."""
        results: list[Any] = []
        for rows, held in self._held or ():
            results += [None] * (rows.start - len(results))
            at = offset(held, rows.start)
            results += held.values[at : at + len(rows)]
        results += [None] * (self._width - len(results))
        for row, state in self._states.items():
            if not state.is_successful():  # told with its result
                results[row] = state.result
        return results

    def states(self) -> list[State]:
        """One for each row."""
        states = [self._state(row, result) for row, result in enumerate(self.results())]
        if self._held is None:
            why = self.why_elsewhere()
            for state in states:
                if state.is_successful() and not state.is_skipped():
                    state.elsewhere(why)
        return states

    def why_elsewhere(self) -> ResultNotGathered:
        """What asking for a result raises where the values are not here."""
        return ResultNotGathered(
            f"The results of task {self._name!r} take about {self._nbytes / 1e6:,.0f} MB in all "
            "and stayed on the workers. Reduce them in a task, or make it a reference task of the "
            "flow, or raise the setting engine.gather_bytes."
        )

    def _state(self, row: int, result: Any) -> State:
        state = self._states.get(row)
        if not self._done[row]:
            return state or self._previous.get(row) or Pending(NOT_RUN)
        if state is None:
            state = Success(SUCCEEDED, result=result)
            state.attempts = 1
        elif state.is_successful():
            state.result = result
        return state
