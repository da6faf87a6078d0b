"""What an earlier attempt has finished, and what of it this one may take over.

Rows are taken over when they could run: then it is known what they would be made of. They are if
their column is the same (``fingerprint.of_nodes``) and so is their origin. What was read again has
the digest that it had; what was made again has it if it came out the same.
"""

import datetime
import json
import math
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from flowlib.engine import rows as row_ranges
from flowlib.engine.board import Board
from flowlib.engine.column import Column
from flowlib.engine.graph import Node
from flowlib.engine.inputs import cut
from flowlib.engine.pieces import Key
from flowlib.engine.resume import fingerprint, origin, saved
from flowlib.engine.resume.origin import Origin, Origins, Stretch
from flowlib.engine.resume.places import Mark, Place, Reading, Saving
from flowlib.engine.resume.saved import Entry
from flowlib.engine.resume.store import CHUNK, Store
from flowlib.engine.rows import Rows
from flowlib.engine.sources import Located, locate
from flowlib.engine.work import Beside, Cut, Input, Items, Known, Rowwise, Single, Source
from flowlib.utilities.logging import get_logger

logger = get_logger("FlowRunner")

#: Most items of a value that are told apart one by one; of a longer one blocks of them are.
BLOCKS = 1_024
#: Seconds of work that are kept as one file, and lost at most with it: long enough that writing
#: costs little beside it.
BOX = 0.5


@dataclass(slots=True)
class Candidate:
    """Rows that are kept, and not judged yet."""

    rows: Rows
    origins: Origins
    place: Place


class Ledger:
    """Of one run; used by the engine's thread only. Raises StoreFailed when it is made."""

    def __init__(self, store: Store, nodes: Sequence[Node]) -> None:
        self._url = store.url
        self._columns = fingerprint.of_nodes(nodes)
        self._attempt = f"{datetime.datetime.now(datetime.UTC):%Y%m%d%H%M%S}-{uuid.uuid4().hex[:8]}"
        #: Of the values in each part of a chunk, where they can be compared.
        self._digests: dict[Key, str] = {}
        #: What the parts of claims that are out are made of.
        self._out: dict[Key, Mark] = {}
        #: Of values that the engine holds, by column and whether they are flattened: of the whole,
        #: and of blocks of items, with their size.
        self._settled: dict[tuple[int, bool], str] = {}
        self._blocks: dict[tuple[int, bool], tuple[int, Sequence[Stretch]]] = {}
        self._candidates: dict[str, list[Candidate]] = {}
        #: Names of tasks of which it was said that they are not kept.
        self._told: set[str] = set()
        # The newest first: what came after them was made of them.
        files = store.names()[::-1]
        heads, broken = saved.read_heads(store, files)
        for head in heads:
            for column, candidate in _candidates(head):
                self._candidates.setdefault(column, []).append(candidate)
        if files:
            logger.info("Results are kept at %s: %d files", store.url, len(files))
        if broken:
            logger.warning("Of these, %d are broken, and made again", len(broken))

    def resumes(self, column: Column) -> bool:
        """Whether rows of it are kept that are not judged yet."""
        return column.given is None and bool(self._of(column))

    def _of(self, column: Column) -> list[Candidate]:
        its = self._columns[column.node.number]
        return self._candidates.get(its, []) if its is not None else []

    # Taking over

    def kept(self, board: Board, column: Column) -> tuple[Rows, Reading] | None:
        """Rows that could run now and are kept; None if there are none (left)."""
        if column.given is not None:
            return None
        candidates = self._of(column)
        for candidate in list(candidates):
            rows = origin.common(candidate.rows, column.ready)
            if not rows:
                continue
            candidate.rows = row_ranges.minus(candidate.rows, rows)
            if not candidate.rows:
                candidates.remove(candidate)
            located = locate([column], board.upstreams, rows)
            now = None if located.missing else self._origins(board, column, located, 0, rows)
            if now is not None and (rows := origin.same(now, candidate.origins, rows)):
                return rows, Reading(self._url, candidate.place)
        return None

    # Keeping

    def saving(
        self, board: Board, claim: int, columns: Sequence[Column], rows: Rows, located: Located
    ) -> Saving | None:
        """Where the outcomes of a claim are to be kept, and as what."""
        marks: list[Mark | None] = []
        for number, column in enumerate(columns):
            its = self._columns[column.node.number]
            origins = self._origins(board, column, located, number, rows)
            mark = None
            if its is not None and origins is not None:
                mark = self._out[Key(claim, number)] = Mark(its, origins, keeps(column.node))
            marks.append(mark)
        if not any(mark is not None and mark.kept for mark in marks):
            return None
        return Saving(self._url, f"{self._attempt}-{claim:08d}{CHUNK}", tuple(marks))

    def reported(self, key: Key, name: str, digest: str | None, succeeded: int) -> None:
        """The digest under which a part of a claim is kept; None where it is not.

        name: of its task; succeeded: how many of its rows have.
        """
        mark = self._out.pop(key, None)
        if digest is None and mark is not None:
            if mark.kept and succeeded:
                self._tell(name, "the log of where it ran says why")
            before = [self._digests.get(Key(key.claim, part)) for part in range(key.part)]
            digest = _not_kept(mark.column, _resolved(mark.origins, before, ()))
        if digest is not None:
            self._digests[key] = digest

    def _tell(self, name: str, why: str) -> None:
        """Once for each task."""
        if name not in self._told:
            self._told.add(name)
            logger.warning("Task '%s': its results are not kept; %s", name, why)

    def _origins(
        self, board: Board, column: Column, located: Located, part: int, rows: Rows
    ) -> list[Origin] | None:
        """What these rows are made of; None where that cannot be told, or is no success."""
        found: list[Origin] = []
        for its, upstream, source in zip(
            column.node.inputs, board.upstreams(column), located.sources[part], strict=True
        ):
            try:
                one = self._origin(column, its, upstream, source, located.claims, rows)
            except Exception as exc:  # noqa: BLE001  # whatever pickling somebody's value raises
                self._tell(column.node.task.name, f"what it is given cannot be compared: {exc!r}")
                return None
            if one is None:
                return None
            found.append(one)
        return found

    def _origin(
        self,
        column: Column,
        its: Input,
        upstream: Column,
        source: Source,
        claims: Sequence[int],
        rows: Rows,
    ) -> Origin | None:
        match source:
            case Beside(part):
                return ["beside", part, column.node.mapped]
            case Known():
                return ["whole", self._of_settled(its, upstream)]
            case Items():
                return ["rows", origin.within(self._of_items(its, upstream, rows), rows)]
            case Rowwise(pieces):
                at = [(Key(claims[p.chunk], p.part), range(p.start, p.stop)) for p in pieces]
                return ["rows", origin.within(self._stretches(upstream, at), rows)]
            case Single(chunk, part) | Cut(chunk, part):
                digest = None if upstream.failed else self._digests.get(Key(claims[chunk], part))
                return None if digest is None else ["whole", digest]
            case _:
                return self._whole(upstream)

    def _of_settled(self, its: Input, upstream: Column) -> str:
        place = (upstream.node.number, its.flattened)
        if place not in self._settled:
            state = upstream.settled
            assert state is not None
            self._settled[place] = fingerprint.digest((type(state), its.of(state.result)))
        return self._settled[place]

    def _of_items(self, its: Input, upstream: Column, rows: Rows) -> Sequence[Stretch]:
        """Stretches that hold these rows."""
        place = (upstream.node.number, its.flattened)
        if place not in self._blocks:
            assert upstream.settled is not None
            value = its.of(upstream.settled.result)
            width = len(value)
            size = max(1, -(-width // BLOCKS))
            blocks = [
                (start, stop, fingerprint.digest(list(cut(value, (range(start, stop),)))))
                for start in range(0, width, size)
                for stop in (min(start + size, width),)
            ]
            self._blocks[place] = size, blocks
        size, known = self._blocks[place]
        return known[rows[0].start // size : -(-rows[-1].stop // size)]

    def _stretches(self, column: Column, at: Iterable[tuple[Key, range]]) -> Iterator[Stretch]:
        """Of rows that lie in these parts of chunks, those that have succeeded."""
        for key, rows in at:
            digest = self._digests.get(key)
            if digest is None:
                continue
            bad = [row for row in rows if not _succeeded(column, row)] if column.failed else []
            for part in row_ranges.minus((rows,), row_ranges.of(bad)):
                yield part.start, part.stop, digest

    def _whole(self, column: Column) -> Origin | None:
        """Of all children of a map."""
        everything = (range(column.width or 0),)
        at = [(key, rows) for rows, key in column.pieces]
        stretches = origin.within(self._stretches(column, at), everything)
        if sum(stop - start for start, stop, _ in stretches) < (column.width or 0):
            return None
        return ["whole", fingerprint.digest(repr(stretches).encode())]


def _succeeded(column: Column, row: int) -> bool:
    state = column.states.get(row)
    return state is None or state.is_successful()


def kept_box(box: float) -> float:
    """Seconds that a claim takes whose outcomes are kept, where it would take so many."""
    return BOX if math.isinf(box) else max(box, BOX)


def keeps(node: Node) -> bool:
    """Whether its results are kept: not those of secrets, resources and ``checkpoint=False``."""
    return not (node.task.checkpoint is False or node.task.reruns)


def _candidates(head: Sequence[Entry | None]) -> Iterator[tuple[str, Candidate]]:
    """With digests in the place of parts of the same file."""
    digests: list[str | None] = []
    for entry in head:
        if entry is None:
            digests.append(None)
            continue
        origins = _resolved(entry.origins, digests, entry.rows)
        if entry.place is not None:
            yield entry.column, Candidate(entry.rows, origins, entry.place)
            digests.append(entry.place.digest)
        else:
            digests.append(_not_kept(entry.column, origins))


def _resolved(origins: Origins, digests: Sequence[str | None], rows: Rows) -> Origins:
    def one(its: Origin) -> Origin:
        if its[0] != "beside":
            return its
        _, part, by_row = its
        digest = digests[part] or ""  # without a digest it is the same as nothing
        if not by_row:
            return ["whole", digest]
        return ["rows", [(its.start, its.stop, digest) for its in rows]]

    return [one(its) for its in origins]


def _not_kept(column: str, origins: Origins) -> str:
    """Who made the same of the same has come to the same: all that can be said."""
    return fingerprint.digest(json.dumps([column, origins]).encode())
