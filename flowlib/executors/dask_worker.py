"""What runs on a Dask worker: one claim, as one Dask task."""

import functools
import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import cloudpickle
import distributed

from flowlib.engine import chunk, guard
from flowlib.engine import rows as row_ranges
from flowlib.engine.inputs import ShortPiece, offset
from flowlib.engine.work import Chunk, Claim, Report

#: Specifications that a worker keeps unpacked, for the claims to come.
KEPT = 64
#: Boxes that one row may fill before the others of its claim are handed back.
OVERRUN = 1.5

_unpacked = functools.lru_cache(maxsize=KEPT)(cloudpickle.loads)


def run_claim(topic: str, packed_spec: bytes, packed_claim: bytes, *chunks: Chunk) -> Chunk:
    """Runs the claim and reports it; the chunk stays here."""
    claim = cloudpickle.loads(packed_claim)
    log_event = distributed.get_worker().log_event

    def send(report: Report) -> None:
        log_event(topic, cloudpickle.dumps(report))

    try:
        with _patience(claim, send) as position:
            made, report = chunk.run(
                _unpacked(packed_spec), claim, chunks, guard.call_contained, position
            )
    except ShortPiece:
        made, report = Chunk((), [], {}), Report(claim.number)
    for row, state in report.states.items():
        if state.is_failed():
            made.values[offset(made.rows, row)] = state.result = portable(state.result)
            made.states[row] = state
    send(report)
    return made


@contextmanager
def _patience(claim: Claim, send: Callable[[Report], None]) -> Iterator[chunk.Position]:
    """Hands the rows that have not begun back when one row takes much longer than the box."""
    position = chunk.Position()

    def give_back() -> None:
        # The time tells the engine how slow these rows are.
        send(Report(claim.number, seconds=patience, kept=position.stop()))

    patience = claim.box * OVERRUN
    if math.isinf(patience) or row_ranges.count(claim.rows) == 1:
        yield position
        return
    timer = threading.Timer(patience, give_back)
    timer.daemon = True
    timer.start()
    try:
        yield position
    finally:
        timer.cancel()


def portable(raised: Any) -> Any:
    """An exception that cannot travel becomes the text of it."""
    travelled = guard.call(lambda: cloudpickle.loads(cloudpickle.dumps(raised)))
    return raised if travelled.raised is None else repr(raised)
