"""What Kopf remembers of an object for handlers that ask for changes or progress: nothing.

There are no such handlers here, but Kopf would make three copies of every object at every event to
know its essence and the difference since the last time: a third of an operator's time when a
thousand runs begin.
"""

from collections.abc import Iterable

import kopf


class NoEssence(kopf.DiffBaseStorage):
    """Every object is like every other, and nothing is written down."""

    def build(
        self, *, body: kopf.Body, extra_fields: Iterable[kopf.FieldSpec] | None = None
    ) -> kopf.BodyEssence:
        """Nothing of it."""
        return kopf.BodyEssence()

    def fetch(self, *, body: kopf.Body) -> kopf.BodyEssence | None:
        """There was nothing before."""
        return None

    def store(self, *, body: kopf.Body, patch: kopf.Patch, essence: kopf.BodyEssence) -> None:
        """Writes nothing."""


class NoProgress(kopf.ProgressStorage):
    """No handler has any."""

    def fetch(self, *, key: str, body: kopf.Body) -> None:
        """There is none."""

    def store(self, *, key: str, record: object, body: kopf.Body, patch: kopf.Patch) -> None:
        """Writes nothing."""

    def purge(self, *, key: str, body: kopf.Body, patch: kopf.Patch) -> None:
        """Writes nothing."""

    def touch(self, *, body: kopf.Body, patch: kopf.Patch, value: str | None) -> None:
        """Writes nothing."""

    def clear(self, *, essence: kopf.BodyEssence) -> kopf.BodyEssence:
        """As it is."""
        return essence
