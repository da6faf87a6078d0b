"""How the body of a task is called with one value of each of its inputs."""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import FunctionType, MethodType
from typing import Any, NamedTuple

from flowlib.core.task import Task


class Calling(NamedTuple):
    """Call function with one value for each key, in this order, and constants among them."""

    function: Callable[..., Any]
    #: A key, or a constant that every call takes.
    order: tuple[tuple[str | None, Any], ...]

    def one_by_one(self, columns: Mapping[str, Iterable[Any]]) -> Callable[[], Any]:
        """Makes the next call each time it is called; an exception does not end it."""
        taken = [
            itertools.repeat(constant) if key is None else columns[key]
            for key, constant in self.order
        ]
        # map takes the next of everything, and then calls: in C, and right after an exception too.
        return map(self.function, *taken).__next__ if taken else self.function


def of(task: Task, keys: Sequence[str], constants: Mapping[str, Any]) -> Calling:
    """By position where that is the same, since it is faster; else by name."""
    order = _positions(task.run, keys, constants)
    if order is not None:
        return Calling(task.run, order)
    run, names, fixed = task.run, tuple(keys), dict(constants)

    def by_name(*values: Any) -> Any:
        return run(**fixed, **dict(zip(names, values, strict=True)))

    return Calling(by_name, tuple((key, None) for key in names))


def _positions(
    run: Callable[..., Any], keys: Sequence[str], constants: Mapping[str, Any]
) -> tuple[tuple[str | None, Any], ...] | None:
    """None where the function may tell the difference: it is wrapped, or takes more by name."""
    bound = isinstance(run, MethodType)
    function = run.__func__ if isinstance(run, MethodType) else run
    if not isinstance(function, FunctionType) or hasattr(function, "__wrapped__"):
        return None
    code = function.__code__
    names = code.co_varnames[bound : code.co_argcount]
    wanted = {*keys, *constants}
    if set(names[: len(wanted)]) != wanted:
        return None
    return tuple(
        (None, constants[name]) if name in constants else (name, None)
        for name in names[: len(wanted)]
    )
