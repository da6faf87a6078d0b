"""What passes between the engine and an executor: values that know nothing of either.

A claim is what one call is to run: rows of one task, and often the same rows of the tasks that
follow it. The chunk is the values that came of it, which stay where they were made; the report is
what the engine is told.
"""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from flowlib.core.edge import Edge
from flowlib.core.task import Task
from flowlib.engine import rows as row_ranges
from flowlib.engine.flattening import flattened
from flowlib.engine.result import Result
from flowlib.engine.resume.places import Reading, Saving
from flowlib.engine.rows import Rows
from flowlib.engine.state import State

#: Seconds, four bytes each.
Ends: TypeAlias = "array[float]"


@dataclass(frozen=True, slots=True)
class Input:
    """How one edge brings its upstream to the task."""

    #: The argument, or None where the task only waits.
    key: str | None
    #: A row takes its own item or child; else every row takes the whole.
    mapped: bool
    #: One level of nesting is taken away first.
    flattened: bool = False
    #: The edge itself, where the task's trigger may look at it.
    edge: Edge | None = None

    def of(self, value: Any) -> Any:
        """The upstream's value as this edge passes it on."""
        return flattened(value) if self.flattened else value


@dataclass(frozen=True, slots=True)
class TaskSpec:
    """What all claims of one task share."""

    number: int
    task: Task
    slug: str
    #: Its rows are children of a map.
    mapped: bool
    inputs: tuple[Input, ...]
    #: Arguments that are plain values.
    constants: dict[str, Any]
    #: Upstream states that the engine holds and every row takes whole, by number of the input.
    known: dict[int, State]
    #: The run context, but for what is the task's and the child's own.
    context: dict[str, Any]
    #: Plain values as the trigger sees them: as tasks that succeeded.
    constant_states: dict[Any, State]
    #: Somebody maps over its value: the report says how long that is.
    measured: bool
    #: Somebody maps over the items of its values: the report says how many each one has.
    counted: bool = False
    #: How its results are kept.
    result: Result | None = None


@dataclass(frozen=True, slots=True)
class Items:
    """One value a row, in the order of the claim's rows; and the state of all, if not Success."""

    values: Any
    state: State | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """Row i takes item i of the one value in this part of a chunk."""

    chunk: int
    part: int


@dataclass(frozen=True, slots=True)
class Piece:
    """Some rows of one part of a chunk."""

    chunk: int
    part: int
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Beside:
    """Row i takes row i of an earlier part of the same claim."""

    part: int


@dataclass(frozen=True, slots=True)
class Rowwise:
    """Row i takes child i; the pieces follow the order of the claim's rows."""

    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Spread:
    """Row i takes item i of what the children hold, one after the other.

    For each stretch of the claim's rows: the children, how many of their first items belong to
    rows before, and how many rows there are.
    """

    stretches: tuple[tuple[tuple[Piece, ...], int, int], ...]


@dataclass(frozen=True, slots=True)
class Single:
    """Every row takes the one value in this part of a chunk."""

    chunk: int
    part: int


@dataclass(frozen=True, slots=True)
class Joined:
    """Every row takes all children, as one list."""

    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """Every row takes the state in ``TaskSpec.known``."""


#: Chunks are named by their place among those the claim is given.
Source = Items | Cut | Rowwise | Spread | Single | Joined | Known | Beside


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one task, to be run in this order."""

    rows: Rows
    sources: tuple[Source, ...]
    #: What became of a row's last attempt, for rows that are run again.
    retries: Mapping[int, State]
    #: Nobody but later parts of the claim needs the values.
    passing: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """Parts to be run until the box is used up; with several rows, all parts have the same."""

    number: int
    parts: tuple[Part, ...]
    box: float
    #: Where what comes of it is to be kept.
    saving: Saving | None = None
    #: Its rows are not run but read, from there.
    reading: Reading | None = None


#: An upstream value that cannot be mapped over.
UNMAPPABLE = -1


@dataclass(slots=True)
class Landed:
    """What the engine is told of one part of a claim."""

    #: How many rows were dealt with: the first ones of the part.
    done: int = 0
    #: Of these, the ones that wait for what has not ended beside them.
    left: tuple[int, ...] = ()
    #: The states that are more than a success with a value; only failures bring their results.
    states: dict[int, State] = field(default_factory=dict)
    #: When each row ended, in seconds since ``began``.
    ends: Ends = field(default_factory=lambda: array("f"))
    #: Seconds since the epoch.
    began: float = 0.0
    #: What the rows took together.
    seconds: float = 0.0
    #: How many items the value has, where it is mapped over; or UNMAPPABLE; or what it raised.
    length: int | Exception | None = None
    #: How many items each value has, where these are mapped over.
    counts: list[int | Exception] | None = None
    #: Under which the rows that have succeeded are kept, where they are.
    digest: str | None = None
    #: About how many bytes the values take.
    nbytes: int = 0
    #: The rows whose values nobody needs any more, so that they are not in the chunk.
    dropped: Rows = ()

    @property
    def unfinished(self) -> Rows:
        """The rows that were dealt with and have not ended."""
        again = (row for row, state in self.states.items() if not state.is_finished())
        return row_ranges.of(sorted({*self.left, *again}))


@dataclass(frozen=True, slots=True)
class Kept:
    """One row takes long: the claim keeps what it has begun, and hands the rest back."""

    #: How many of the first rows of each part.
    rows: tuple[int, ...]
    #: The part that is running, and for how long the claim has been.
    part: int
    seconds: float


@dataclass(slots=True)
class Report:
    """What the engine is told of a claim."""

    claim: int
    #: One for each part; nothing where nothing was run.
    landed: list[Landed] = field(default_factory=list)
    #: Not the end of the claim.
    kept: Kept | None = None
    #: Nothing was run, for this reason: what it is given or what it gives cannot be passed on.
    refused: BaseException | None = None
    #: Nothing was run, and workers died of it; for a claim that has reported: its chunk is gone.
    deadly: BaseException | None = None
