"""Nested collections, flat and as one."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any


class DotDict(dict[str, Any]):
    """A dict whose keys are attributes, too."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"there is no {name!r} here") from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __delattr__(self, name: str) -> None:
        try:
            del self[name]
        except KeyError:
            raise AttributeError(f"there is no {name!r} here") from None


def flatten_seq(seq: Iterable[Any]) -> Iterator[Any]:
    """The items of a nested sequence, one after the other; texts are items."""
    for item in seq:
        if isinstance(item, Iterable) and not isinstance(item, (str, bytes)):
            yield from flatten_seq(item)
        else:
            yield item


def merge_dicts(d1: Mapping[str, Any], d2: Mapping[str, Any]) -> dict[str, Any]:
    """The first with the second over it, also within the mappings that both have."""
    merged = dict(d1)
    for key, value in d2.items():
        before = merged.get(key)
        both = isinstance(before, Mapping) and isinstance(value, Mapping)
        merged[key] = merge_dicts(before, value) if both else value  # type: ignore[arg-type]  # both are mappings
    return merged
