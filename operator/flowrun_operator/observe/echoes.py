"""What we wrote and have not yet heard of: the proof that a watch is alive.

A watch that died without a word looks like a cluster in which nothing happens. But what we write
ourselves comes back through it.
"""

from flowrun_operator.observe.key import RunKey


class Echoes:
    """Writes under way, and since when. Times are seconds of any one clock."""

    def __init__(self) -> None:
        self._expected: dict[RunKey, float] = {}

    def expect(self, key: RunKey, now: float) -> None:
        """The run's status is about to be written: its event may come before the answer does."""
        self._expected.setdefault(key, now)

    def heard(self, key: RunKey) -> None:
        """The watch told of the run; or what was to be written was not."""
        self._expected.pop(key, None)

    def silence(self, now: float) -> float:
        """Seconds since the oldest write that the watch has not told of; 0 where there is none."""
        return now - min(self._expected.values(), default=now)
