"""What runs on a Dask worker: one claim, as one Dask task."""

import functools
from typing import Any

import cloudpickle
import distributed

from flowlib.engine import chunk, guard
from flowlib.engine.inputs import ShortPiece, offset
from flowlib.engine.work import Chunk, Report

#: Specifications that a worker keeps unpacked, for the claims to come.
KEPT = 64

_unpacked = functools.lru_cache(maxsize=KEPT)(cloudpickle.loads)


def run_claim(topic: str, packed_spec: bytes, packed_claim: bytes, *chunks: Chunk) -> Chunk:
    """Runs the claim and reports it; the chunk stays here."""
    claim = cloudpickle.loads(packed_claim)
    try:
        made, report = chunk.run(_unpacked(packed_spec), claim, chunks, call=guard.call_contained)
    except ShortPiece:
        made, report = Chunk((), [], {}), Report(claim.number)
    for row, state in report.states.items():
        if state.is_failed():
            made.values[offset(made.rows, row)] = state.result = portable(state.result)
            made.states[row] = state
    distributed.get_worker().log_event(topic, cloudpickle.dumps(report))
    return made


def portable(raised: Any) -> Any:
    """An exception that cannot travel becomes the text of it."""
    travelled = guard.call(lambda: cloudpickle.loads(cloudpickle.dumps(raised)))
    return raised if travelled.raised is None else repr(raised)
