"""While Kopf lists, every object's worker waits for all of them: they are woken once, at the end.

Kopf wakes each that waits for each object that is listed: the square of their number, so that an
operator among 10,000 FlowRuns would not be ready for minutes.
"""

from kopf._cogs.aiokits import aiotoggles


class Toggles(aiotoggles.ToggleSet):
    """Wakes those who wait only where the set as a whole has turned on or off."""

    async def make_toggle(
        self, __val: bool = False, *, name: str | None = None
    ) -> aiotoggles.Toggle:
        async with self._condition:
            before = self.is_on()
            toggle = aiotoggles.Toggle(__val, name=name, condition=self._condition)
            self._toggles.add(toggle)
            self._tell(before)
        return toggle

    async def drop_toggle(self, toggle: aiotoggles.Toggle) -> None:
        async with self._condition:
            before = self.is_on()
            self._toggles.discard(toggle)
            self._tell(before)

    def _tell(self, before: bool) -> None:
        if self.is_on() != before:
            self._condition.notify_all()


def wake_once() -> None:
    """To be called before Kopf's operator is made."""
    aiotoggles.ToggleSet = Toggles  # type: ignore[misc]  # there is no other way in
