"""Where claims run: writes what came of one, and reads what came of an earlier one."""

import functools
from collections.abc import Sequence
from typing import Any

from flowlib.engine import rows as row_ranges
from flowlib.engine.held import Held
from flowlib.engine.resume import origin, saved, store
from flowlib.engine.resume.places import Mark, Reading, Saving
from flowlib.engine.resume.saved import Outcomes, ToSave
from flowlib.engine.rows import Rows
from flowlib.utilities.logging import get_logger

logger = get_logger("FlowRunner")


def save(saving: Saving, parts: Sequence[Held]) -> list[str | None]:
    """Writes what has succeeded; the digest of each part, or None where it is not kept.

    A run is not worth less for a place that cannot be written: that is told, and no error.
    """
    told = [
        _to_save(mark, held) if mark is not None else None
        for mark, held in zip(saving.marks, parts, strict=False)  # of the last ones nothing ran
    ]
    if not any(part is not None and part.digest for part in told):
        return [None] * len(told)
    try:
        store.opened(saving.url).write(saving.file, saved.file_of(told))
    except Exception as exc:  # noqa: BLE001  # whatever the file system raises
        _warn(f"Results are not kept at {saving.url}: {exc!r}")
        return [None] * len(told)
    return [part.digest if part is not None else None for part in told]


def _to_save(mark: Mark, held: Held) -> ToSave | None:
    rows, values = held.rows, held.values
    if bad := [row for row, state in held.states.items() if not state.is_successful()]:
        left = set(bad)
        places = [p for p, row in enumerate(row_ranges.each(rows)) if row not in left]
        rows = row_ranges.minus(rows, row_ranges.of(sorted(left)))
        values = [values[place] for place in places]
    if not values:
        return None
    states = {row: state for row, state in held.states.items() if state.is_successful()}
    frames: list[Any] = []
    digest = None
    if mark.kept:
        try:
            frames, digest = saved.frames_of(rows, (values, states))
        except Exception as exc:  # noqa: BLE001  # whatever pickling somebody's value raises
            _warn(f"Results that cannot be pickled are not kept: {exc!r}")
    return ToSave(mark.column, origin.restricted(mark.origins, rows), rows, frames, digest)


def read(reading: Reading, rows: Rows) -> Outcomes | None:
    """Values and states of these rows, of those that are kept there; None where it is broken."""
    place = reading.place
    try:
        values, states = saved.outcomes_at(store.opened(reading.url), place)
    except Exception as exc:  # noqa: BLE001  # gone, changed, cut off, or of a class that is gone
        logger.warning("Kept results in %s are of no use, and made again: %r", place.file, exc)
        return None
    if rows == place.rows:
        return values, states
    wanted = set(row_ranges.each(rows))
    pairs = zip(row_ranges.each(place.rows), values, strict=True)
    return (
        [value for row, value in pairs if row in wanted],
        {row: state for row, state in states.items() if row in wanted},
    )


@functools.lru_cache(maxsize=64)
def _warn(text: str) -> None:
    """Once for each process."""
    logger.warning("%s", text)
