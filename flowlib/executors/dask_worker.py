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

#: Runs, by their topics, of which no further row is begun.
_stopped: set[str] = set()
#: The claims that run here now, with the topics of their runs.
_running: set[tuple[str, chunk.Position]] = set()

_unpacked = functools.lru_cache(maxsize=KEPT)(cloudpickle.loads)


def run_claim(topic: str, packed_spec: bytes, packed_claim: bytes, *chunks: Chunk) -> Chunk:
    """Runs the claim and reports it; the chunk stays here."""
    claim = cloudpickle.loads(packed_claim)
    log_event = distributed.get_worker().log_event

    def send(report: Report) -> None:
        log_event(topic, cloudpickle.dumps(report))

    position = chunk.Position()
    made, report = Chunk((), [], {}), Report(claim.number)
    try:
        with _known(topic, position) as may_begin, _patience(claim, position, send):
            if may_begin:
                made, report = chunk.run(
                    _unpacked(packed_spec), claim, chunks, guard.call_contained, position
                )
    except ShortPiece:
        pass
    for row, state in report.states.items():
        if state.is_failed():
            made.values[offset(made.rows, row)] = state.result = portable(state.result)
            made.states[row] = state
    send(report)
    return made


def stop(topic: str) -> None:
    """Of this run, rows that have begun may end here; no other is begun."""
    _stopped.add(topic)
    for its, position in tuple(_running):
        if its == topic:
            position.stop()


@contextmanager
def _known(topic: str, position: chunk.Position) -> Iterator[bool]:
    """Has the claim be found by stop; False if that was called before."""
    # First found, then asked: so no stop comes between the two.
    me = (topic, position)
    _running.add(me)
    try:
        yield topic not in _stopped
    finally:
        _running.discard(me)


@contextmanager
def _patience(
    claim: Claim, position: chunk.Position, send: Callable[[Report], None]
) -> Iterator[None]:
    """Hands the rows that have not begun back when one row takes much longer than the box."""

    def give_back() -> None:
        # The time tells the engine how slow these rows are.
        send(Report(claim.number, seconds=patience, kept=position.stop()))

    patience = claim.box * OVERRUN
    if math.isinf(patience) or row_ranges.count(claim.rows) == 1:
        yield
        return
    timer = threading.Timer(patience, give_back)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def portable(raised: Any) -> Any:
    """An exception that cannot travel becomes the text of it."""
    travelled = guard.call(lambda: cloudpickle.loads(cloudpickle.dumps(raised)))
    return raised if travelled.raised is None else repr(raised)
