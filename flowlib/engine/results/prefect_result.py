"""PrefectResult: a small value whose location is the value itself, as JSON text."""

from typing import Any, Self

from flowlib.engine.result import Result
from flowlib.engine.serializers import DateTimeSerializer, JSONSerializer, Serializer


class PrefectResult(Result):
    """What Parameters have. Raises TypeError for a serializer that makes no readable text."""

    def __init__(
        self, value: Any = None, location: Any = None, serializer: Serializer | None = None
    ) -> None:
        serializer = JSONSerializer() if serializer is None else serializer
        if not isinstance(serializer, (JSONSerializer, DateTimeSerializer)):
            raise TypeError(
                "A PrefectResult is kept as text: its serializer is a JSONSerializer or a "
                f"DateTimeSerializer, not {serializer!r}."
            )
        super().__init__(value, location, serializer)

    def format(self, **values: Any) -> Self:
        return self.copy()  # the location is made of the value, whatever the names

    def exists(self, location: str, **values: Any) -> bool:
        return self._exists(location)

    def _read(self, location: str) -> bytes:
        return location.encode()

    def _write(self, location: str, data: bytes) -> str:
        return data.decode()

    def _exists(self, location: str) -> bool:
        try:
            self.read(location)
        except ValueError:
            return False
        return True
