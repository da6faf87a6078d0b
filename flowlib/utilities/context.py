"""The run context: a bag of names of its own in each thread."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from flowlib.configuration import Section, config


class Deferred:
    """A value of the context that is made when somebody asks for it."""

    __slots__ = ("make",)

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make


class Context(threading.local):
    """Names by attribute, item or ``get``; ``with context(name=value)`` merges and restores."""

    def __init__(self) -> None:
        # Called once in each thread.
        self._values: dict[str, Any] = config.context.to_dict()
        self._make: Callable[[], dict[str, Any]] | None = None

    def __getitem__(self, key: str) -> Any:
        value = self._values[key]
        if isinstance(value, Deferred):
            value = self._values[key] = value.make()
        return value

    def __getattr__(self, key: str) -> Any:
        if key == "_values":
            # Absent until they are made, and while an object is being copied or unpickled.
            make = vars(self).get("_make")
            if make is None:
                raise AttributeError(key)
            self._values = made = make()
            return made
        if key == "_make" or key not in self._values:
            raise AttributeError(f"the context has no {key!r}")
        return self[key]

    def __setattr__(self, key: str, value: Any) -> None:
        if key in ("_values", "_make"):
            super().__setattr__(key, value)
        else:
            self._values[key] = value

    def __setitem__(self, key: str, value: Any) -> None:
        self._values[key] = value

    def __delitem__(self, key: str) -> None:
        del self._values[key]

    def __contains__(self, key: object) -> bool:
        return key in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __repr__(self) -> str:
        return f"<Context: {', '.join(map(str, self._values))}>"

    def __reduce__(self) -> str:
        # A task that uses it travels to a worker, and finds the worker's own.
        return "context"

    def __len__(self) -> int:
        return len(self._values)

    def keys(self) -> list[str]:
        return list(self._values)

    def values(self) -> list[Any]:
        return list(self.to_dict().values())

    def items(self) -> list[tuple[str, Any]]:
        return list(self.to_dict().items())

    def pop(self, key: str, *default: Any) -> Any:
        """Takes a name away. KeyError where it is not there, and there is no default."""
        if default and key not in self._values:
            return default[0]
        value = self[key]
        del self._values[key]
        return value

    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if key in self._values else default

    def setdefault(self, key: str, default: Any) -> Any:
        if key not in self._values:
            self._values[key] = default
        return self[key]

    def update(self, *values: Mapping[str, Any], **more: Any) -> None:
        self._values.update(*values, **more)

    def clear(self) -> None:
        self._values.clear()

    def raw(self) -> dict[str, Any]:
        """The names as they are held, with what is made only when asked for."""
        return self._values

    def to_dict(self) -> dict[str, Any]:
        return {key: self[key] for key in list(self._values)}

    def copy(self) -> dict[str, Any]:
        return self.to_dict()

    @contextmanager
    def __call__(self, *values: Mapping[str, Any], **more: Any) -> Iterator["Context"]:
        before, given = self._values, dict(*values, **more)
        if isinstance(given.get("config"), Mapping):
            given["config"] = _with_settings(given["config"])
        self._values = {**before, **given}
        try:
            yield self
        finally:
            self._values = before

    @contextmanager
    def made_when_asked(self, make: Callable[[], dict[str, Any]]) -> Iterator[None]:
        """Its names are made at the first question, and anew at the first after ``forget``."""
        before, outer = self._values, self._make
        self._make = make
        self.forget()
        try:
            yield
        finally:
            self._make = outer
            self._values = before

    def forget(self) -> None:
        """For use inside made_when_asked."""
        vars(self).pop("_values", None)


def _with_settings(values: Mapping[str, Any]) -> Section:
    """The settings with others over some of them."""
    merged = config.copy()
    merged.merge(values)
    return merged


context = Context()
