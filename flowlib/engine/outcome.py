"""What a flow run came to: the state of every task, and of the whole."""

from collections.abc import Collection, Sequence
from typing import Any

from flowlib.core.task import Task
from flowlib.engine.column import Column
from flowlib.engine.inputs import MAPPED, SUCCEEDED, offset
from flowlib.engine.scheduling import Run
from flowlib.engine.state import Failed, Mapped, Pending, Running, State, Success
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
    held = [(column, part, handle) for column in columns for part, handle in run.values.of(column)]
    # All at once: a question to the cluster for each task would take its time.
    chunks = session.fetch([handle for _, _, handle in held])
    values: dict[int, dict[int, Any]] = {column.node.number: {} for column in columns}
    for (column, part, _), chunk in zip(held, chunks, strict=True):
        at = offset(chunk.rows, part.start)
        stretch = chunk.values[at : at + len(part)]
        values[column.node.number].update(zip(part, stretch, strict=True))
    return {
        column.node.task: _state(column, values[column.node.number]) for column in run.board.columns
    }


def _state(column: Column, values: dict[int, Any]) -> State:
    if column.settled is not None:
        return column.settled
    if column.width is None:
        return Pending(NOT_RUN)
    children = [_child(column, row, values.get(row)) for row in range(column.width)]
    if not column.node.mapped:
        return children[0]
    return Mapped(MAPPED, result=[child.result for child in children], map_states=children)


def _child(column: Column, row: int, value: Any) -> State:
    state = column.states.get(row)
    if not column.done[row]:
        return state or column.previous.get(row) or Pending(NOT_RUN)
    if state is None:
        return Success(SUCCEEDED, result=value)
    if not state.is_failed():  # a failure was told with its result
        state.result = value
    return state
