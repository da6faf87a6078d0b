"""Hands back what a claim has not begun when one of its rows takes long."""

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flowlib.engine import rows as row_ranges
from flowlib.engine import timeout
from flowlib.engine.position import Position
from flowlib.engine.work import Claim, Kept, Report

#: Boxes that one row may fill before the others of its claim are handed back.
OVERRUN = 1.5


@contextmanager
def patience(claim: Claim, position: Position, send: Callable[[Report], None]) -> Iterator[None]:
    """Sends a report of what the claim keeps when one row takes much longer than the box."""

    def give_back() -> None:
        # The time tells the engine how slow these rows are.
        kept = Kept(position.stop(), position.part, seconds)
        send(Report(claim.number, kept=kept))

    seconds = claim.box * OVERRUN
    number = sum(row_ranges.count(part.rows) for part in claim.parts)
    if math.isinf(seconds) or number == 1:
        yield
        return
    timer = threading.Timer(seconds, give_back)
    timer.daemon = True
    timeout.start(timer)
    try:
        yield
    finally:
        timer.cancel()
