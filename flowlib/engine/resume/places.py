"""Where outcomes are kept: what a claim is told of it."""

from dataclasses import dataclass

from flowlib.engine.resume.origin import Origins
from flowlib.engine.rows import Rows


@dataclass(frozen=True, slots=True)
class Place:
    """Where the outcomes of some rows are kept, and their checksum, which also is their name."""

    file: str
    #: All rows that lie there, in order.
    rows: Rows
    start: int
    #: Lengths of a pickle, and of the buffers that lie outside of it.
    frames: tuple[int, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class Mark:
    """What a part of a claim is kept under."""

    #: The column's fingerprint.
    column: str
    #: What the rows are made of.
    origins: Origins
    #: False: only that is told, and not the outcomes.
    kept: bool


@dataclass(frozen=True, slots=True)
class Saving:
    """Where the outcomes of a claim are to be kept."""

    url: str
    file: str
    #: One for each part; None for those that cannot be compared with another attempt's.
    marks: tuple[Mark | None, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A claim whose rows are not run but read."""

    url: str
    place: Place
