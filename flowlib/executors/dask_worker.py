"""What runs on a Dask worker: one claim, as one Dask task."""

import functools
import pickle
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import cloudpickle
import distributed
from dask.sizeof import sizeof

from flowlib.engine import chunk, guard
from flowlib.engine.held import Chunk
from flowlib.engine.inputs import ShortPiece
from flowlib.engine.position import Position
from flowlib.engine.work import Report
from flowlib.executors import portable
from flowlib.executors.patience import patience

#: Specifications that a worker keeps unpacked, for the claims to come.
KEPT = 4_096
#: Values of a task that are looked at for their size, of those that a claim has made.
SAMPLED = 8

#: Runs, by their topics, of which no further row is begun.
_stopped: set[str] = set()
#: The claims that run here now, with the topics of their runs.
_running: set[tuple[str, Position]] = set()

_unpacked = functools.lru_cache(maxsize=KEPT)(cloudpickle.loads)


def run_claim(topic: str, packed: bytes, *inputs: Any) -> Chunk:
    """Runs the claim and reports it; the chunk stays here.

    packed: the claim, how many of the inputs are chunks, and the specifications, each as bytes or
    as the number of the input that is it.
    """
    claim, number, packed_specs = pickle.loads(packed)
    log_event = distributed.get_worker().log_event

    def send(report: Report) -> None:
        log_event(topic, cloudpickle.dumps(report))

    position = chunk.position_of(claim)
    made, report = Chunk(), Report(claim.number)
    try:
        with _known(topic, position) as may_begin, patience(claim, position, send):
            if may_begin:
                specs = (
                    _unpacked(its if isinstance(its, bytes) else inputs[its])
                    for its in packed_specs
                )
                made, report = chunk.run(
                    specs, claim, inputs[:number], guard.call_contained, position, _size
                )
    except ShortPiece:
        pass
    portable.failures(made, report)
    send(report)
    return made


def only(chunk: Chunk, parts: Sequence[int]) -> Chunk:
    """The chunk without the values of its other parts."""
    narrowed = chunk.only(parts)
    narrowed.nbytes = sum(_size(its.values) for its in narrowed.parts)
    return narrowed


def _size(values: Sequence[Any]) -> int:
    """About how many bytes these values take, by a few of them."""
    few = values[:: len(values) // SAMPLED + 1]
    return int(sum(map(sizeof, few)) * len(values) / max(len(few), 1))


def stop(topic: str) -> None:
    """Of this run, rows that have begun may end here; no other is begun."""
    _stopped.add(topic)
    for its, position in tuple(_running):
        if its == topic:
            position.stop()


@contextmanager
def _known(topic: str, position: Position) -> Iterator[bool]:
    """Has the claim be found by stop; False if that was called before."""
    # First found, then asked: so no stop comes between the two.
    me = (topic, position)
    _running.add(me)
    try:
        yield topic not in _stopped
    finally:
        _running.discard(me)
