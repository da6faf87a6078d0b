"""What cannot travel from where a task ran: exceptions become texts, results become failures."""

from typing import Any

import cloudpickle

from flowlib.engine import guard
from flowlib.engine.held import Chunk
from flowlib.engine.inputs import offset
from flowlib.engine.state import Failed
from flowlib.engine.work import Report


def failures(made: Chunk, report: Report) -> None:
    """Makes the results of what did not succeed fit to travel, in the chunk and in the report."""
    for held, landed in zip(made.parts, report.landed, strict=True):
        for row, state in landed.states.items():
            if not state.is_successful():
                held.values[offset(held, row)] = state.result = portable(state.result)
                held.states[row] = state


def portable(raised: Any) -> Any:
    """An exception that cannot travel becomes the text of it."""
    return raised if _travels(raised) else repr(raised)


def results(made: Chunk, report: Report) -> None:
    """Has the rows fail whose results cannot be pickled. For a chunk that as a whole cannot."""
    for held, landed in zip(made.parts, report.landed, strict=True):
        rows = [row for part in held.rows for row in part]
        for place, row in enumerate(rows[: len(held.values)]):
            raised = guard.call(cloudpickle.dumps, held.values[place]).raised
            if raised is not None:
                state = Failed(
                    f"The result of the task cannot be pickled: {raised!r}",
                    result=TypeError(f"the result cannot be pickled: {raised}"),
                )
                held.values[place] = state.result
                held.states[row] = landed.states[row] = state


def _travels(value: Any) -> bool:
    return guard.call(lambda: cloudpickle.loads(cloudpickle.dumps(value))).raised is None
