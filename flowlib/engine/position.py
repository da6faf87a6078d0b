"""How far a claim has come; another thread may have it stop there."""

import math

from flowlib.utilities.context import context


class Position:
    """Read and written by the claim's thread before each row; ``stop`` is for another thread.

    The claim's thread first writes which row it begins, and then looks whether it may; the other
    first forbids, and then reads. So a row is never both run and handed back.
    """

    __slots__ = ("_box", "_stopped", "_touched", "begun", "part", "until")

    def __init__(self, parts: int = 1, box: float = math.inf) -> None:
        #: How many rows of each part were begun.
        self.begun = [0] * parts
        #: The part that is running.
        self.part = 0
        #: From this second on ``goes_on`` must be asked before a row begins.
        self.until = box
        self._box = box
        self._stopped = False
        self._touched = False

    def goes_on(self, at: float) -> bool:
        """Whether a row may begin at this second. The first of a claim, at 0, always may."""
        # What is set from outside after this line shows in _stopped or in until.
        self.until = self._box
        if self._touched:
            self._touched = False
            context.forget()
        if self._stopped:
            self.until = -math.inf  # the first row begins all the same; the next one asks again
        return at == 0.0 or (at < self._box and not self._stopped)

    def touched(self) -> None:
        """The context of this row was made: it must not be that of the next."""
        self._touched = True
        self.until = -math.inf

    def stop(self) -> tuple[int, ...]:
        """No further row is begun; returns how many rows of each part the claim keeps.

        The first row is kept even if it has not begun: that one is run in any case.
        """
        self._stopped = True
        self.until = -math.inf
        first, *others = self.begun
        return (max(first, 1), *others)
