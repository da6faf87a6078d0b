"""A saved chunk: what came of a claim as one file, and what its head says.

The head names each part: the column by its fingerprint, the rows, what they were made of, and
where in the file their outcomes are. Head and outcomes have checksums of their own, so a file that
was cut off or changed is told from a whole one, and loses no more than what is broken.
"""

import json
import pickle
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flowlib.engine import held
from flowlib.engine.resume import fingerprint
from flowlib.engine.resume.origin import Origins
from flowlib.engine.resume.places import Place
from flowlib.engine.resume.store import Store
from flowlib.engine.rows import Rows
from flowlib.engine.state import State

MAGIC = b"flowrun1"
_PREFIX = struct.Struct("!8s32sI")
#: What is read of a file at first: most heads are smaller.
HEAD = 4_096

Outcomes = tuple[list[Any], dict[int, State]]


class Corrupt(Exception):
    """A file, or a part of one, is not what was written."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One part, as the head of its file has it."""

    column: str
    #: What the rows were made of.
    origins: Origins
    rows: Rows
    #: None where their outcomes are not kept.
    place: Place | None


@dataclass(frozen=True, slots=True)
class ToSave:
    """A part on its way into a file."""

    column: str
    origins: Origins
    rows: Rows
    frames: Sequence[Any]
    #: None where the outcomes are not kept.
    digest: str | None


def frames_of(rows: Rows, outcomes: Outcomes) -> tuple[list[Any], str]:
    """The bytes of these rows' outcomes, and their digest. Raises what pickling raises."""
    blob, buffers = held.packed(outcomes)
    frames = [blob, *(buffer.raw() for buffer in buffers)]
    return frames, _digest(rows, frames)


def _digest(rows: Rows, frames: Sequence[Any]) -> str:
    return fingerprint.of_frames([repr(rows).encode(), *frames])


def file_of(parts: Sequence[ToSave | None]) -> list[Any]:
    """Its head, and the frames of its parts; of a part that is None nothing is told."""
    head: list[Any] = []
    at = 0
    for part in parts:
        if part is None:
            head.append(None)
            continue
        lengths = [len(frame) for frame in part.frames]
        rows = [[its.start, its.stop] for its in part.rows]
        head.append([part.column, rows, part.origins, at, lengths, part.digest])
        at += sum(lengths)
    text = json.dumps(head, separators=(",", ":")).encode()
    prefix = _PREFIX.pack(MAGIC, fingerprint.digest(text).encode(), len(text))
    return [prefix, text, *(frame for part in parts if part for frame in part.frames)]


def read_heads(store: Store, files: Sequence[str]) -> tuple[list[list[Entry | None]], list[str]]:
    """What these files hold, each with its parts by number; and the files that are broken."""
    heads: list[list[Entry | None]] = []
    broken: list[str] = []
    for file, head in zip(files, store.read_heads(files, HEAD), strict=True):
        try:
            heads.append(_entries(store, file, head))
        except Exception:  # noqa: BLE001  # gone, unreadable, cut off or changed: it is all the same
            broken.append(file)
    return heads, broken


def _entries(store: Store, file: str, head: bytes | Exception) -> list[Entry | None]:
    if isinstance(head, Exception):
        raise head
    magic, digest, length = _PREFIX.unpack_from(head)
    if magic != MAGIC:
        raise Corrupt(file)
    begins = _PREFIX.size + length
    text = head[_PREFIX.size : begins]
    if len(text) < length:
        text = store.read(file, _PREFIX.size, begins)
    if fingerprint.digest(text).encode() != digest:
        raise Corrupt(file)
    return [_entry(file, begins, its) if its is not None else None for its in json.loads(text)]


def _entry(file: str, begins: int, its: list[Any]) -> Entry:
    column, told, origins, at, lengths, digest = its
    rows = tuple(range(start, stop) for start, stop in told)
    place = Place(file, rows, begins + at, tuple(lengths), digest) if digest else None
    return Entry(column, origins, rows, place)


def outcomes_at(store: Store, place: Place) -> Outcomes:
    """Values and states of the rows. Raises Corrupt, and what reading and unpickling raise."""
    stop = place.start + sum(place.frames)
    # A copy that can be written to, as what a task returned could: arrays lie in these bytes.
    data = memoryview(bytearray(store.read(place.file, place.start, stop)))
    frames, at = [], 0
    for length in place.frames:
        frames.append(data[at : at + length])
        at += length
    if _digest(place.rows, frames) != place.digest:
        raise Corrupt(place.file)
    values, states = pickle.loads(frames[0], buffers=frames[1:])
    return values, states
