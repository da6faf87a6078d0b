"""Collections that hold tasks, as tasks: ``f([a, 1])`` waits for a."""

from collections.abc import Callable, Iterable
from typing import Any, Self

from flowlib.core.task import Task


class Collection(Task):
    """Gathers numbered arguments: arg_1, arg_2, ..."""

    gather: Callable[[Iterable[Any]], Any]

    def bind(self, *args: Any, **kwargs: Any) -> Self:
        numbered = {f"arg_{number}": arg for number, arg in enumerate(args, 1)}
        return super().bind(**kwargs, **numbered)

    def run(self, **numbered: Any) -> Any:
        keys = sorted(numbered, key=lambda key: int(key.removeprefix("arg_")))
        return type(self).gather(numbered[key] for key in keys)


class List(Collection):
    """A list."""

    gather = list


class Tuple(Collection):
    """A tuple."""

    gather = tuple


class Set(Collection):
    """A set."""

    gather = set


class Dict(Task):
    """A dict of these keys and values."""

    def run(self, keys: list[Any], values: list[Any]) -> dict[Any, Any]:
        return dict(zip(keys, values, strict=True))
