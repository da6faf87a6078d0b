"""The base of all kinds of results: a value, its location, and how the value becomes bytes."""

import copy
import datetime
import logging
import uuid
from collections.abc import Callable
from typing import Any, Self

from flowlib.engine.serializers import PickleSerializer, Serializer
from flowlib.utilities.logging import get_logger


class ResultNotImplementedError(NotImplementedError):
    """This kind of result can neither be read nor written."""


class Result:
    """A value, and where it is kept.

    location is a template (``"{flow_name}/{map_index}.pkl"``) or a function of the same names that
    answers a location; without one each value is written to a location of its own. Reading and
    writing answer new objects: a Result belongs to tasks and holds nothing of a run.

    This base keeps nothing. Subclasses say where bytes go, by ``_read``, ``_write``, ``_exists``;
    or they do all of it by ``read``, ``write`` and ``exists``.
    """

    def __init__(
        self,
        value: Any = None,
        location: str | Callable[..., str] | None = None,
        serializer: Serializer | None = None,
    ) -> None:
        self.value = value
        self.location: Any = location
        self.serializer: Serializer = PickleSerializer() if serializer is None else serializer

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.value!r}>"

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    __hash__ = object.__hash__

    @property
    def logger(self) -> logging.Logger:
        """For subclasses: the logger of this kind of result."""
        return get_logger(type(self).__name__)

    @property
    def default_location(self) -> str:
        """A location that nothing else has, by the day."""
        now = datetime.datetime.now(datetime.UTC)
        return f"{now.year}/{now.month}/{now.day}/{uuid.uuid4()}.prefect_result"

    def copy(self) -> Self:
        """Another one, of the same value."""
        return copy.copy(self)

    def from_value(self, value: Any) -> Self:
        """One of the same kind for this value, at no location yet."""
        new = self.copy()
        new.location = None
        new.value = value
        return new

    def format(self, **values: Any) -> Self:
        """One whose location is a plain text: the template's, filled in."""
        new = self.copy()
        if callable(new.location):
            new.location = new.location(**values)
        elif new.location is not None:
            new.location = str(new.location).format(**values)
        elif self.writes:
            new.location = new.default_location
        return new

    @property
    def writes(self) -> bool:
        """Whether this kind of result can be kept at all."""
        kind = type(self)
        return kind._write is not Result._write or kind.write is not Result.write

    def read(self, location: str) -> Self:
        """The one at this location, with its value. Raises what the place raises."""
        new = self.copy()
        new.location = location
        new.value = self.serializer.deserialize(self._read(location))
        return new

    def write(self, value_: Any, **values: Any) -> Self:
        """Keeps the value; answers its Result, with the location it has now."""
        new = self.format(**values)
        new.value = value_
        new.location = self._write(new.location, self.serializer.serialize(value_))
        return new

    def exists(self, location: str, **values: Any) -> bool:
        """Whether there is something at this location, which may be a template."""
        return self._exists(location.format(**values))

    def _read(self, location: str) -> bytes:
        raise ResultNotImplementedError(f"{type(self).__name__} cannot be read.")

    def _write(self, location: str, data: bytes) -> str:
        raise ResultNotImplementedError(f"{type(self).__name__} cannot be written.")

    def _exists(self, location: str) -> bool:
        raise ResultNotImplementedError(f"{type(self).__name__} is kept nowhere.")


class NoResultType(Result):
    """The result of what has none."""

    def __init__(self) -> None:
        super().__init__()

    def __repr__(self) -> str:
        return "<No result>"

    def __str__(self) -> str:
        return "NoResult"

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    __hash__ = object.__hash__

    def __reduce__(self) -> str:
        return "NoResult"

    def copy(self) -> Self:
        return self


NoResult = NoResultType()
