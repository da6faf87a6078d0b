"""How the body of a task is called: by position where that is the same, else by name."""

import functools
from collections.abc import Callable
from typing import Any

import pytest

from flowlib import task
from flowlib.core.task import Task
from flowlib.engine import calling


def plain(a: int, b: int = 10, c: int = 100) -> tuple[Any, ...]:
    return (a, b, c)


def by_name(a: int, *, b: int = 10) -> tuple[Any, ...]:
    return (a, b)


def anything(**kwargs: int) -> tuple[Any, ...]:
    return tuple(kwargs.items())


@functools.wraps(plain)
def wrapped(*args: int, **kwargs: int) -> tuple[Any, ...]:
    return (args, kwargs)


class AsMethod(Task):
    def run(self, a: int, b: int) -> tuple[Any, ...]:
        return (self.name, a, b)


@pytest.mark.parametrize(
    ("body", "columns", "constants", "results", "positional"),
    [
        (plain, {"a": [1, 2]}, {}, [(1, 10, 100), (2, 10, 100)], True),
        (plain, {"b": [1, 2], "a": [3, 4]}, {}, [(3, 1, 100), (4, 2, 100)], True),
        (plain, {"a": [1, 2]}, {"b": 5}, [(1, 5, 100), (2, 5, 100)], True),
        (plain, {"b": [1, 2]}, {"a": 5}, [(5, 1, 100), (5, 2, 100)], True),
        (plain, {"a": [1], "c": [2]}, {}, [(1, 10, 2)], False),
        (plain, {}, {"a": 1}, [(1, 10, 100)], True),
        (by_name, {"a": [1], "b": [2]}, {}, [(1, 2)], False),
        (anything, {"x": [1]}, {"y": 2}, [(("y", 2), ("x", 1))], False),
        # A wrapper may look at how it is called, and Prefect calls by name.
        (wrapped, {"a": [1]}, {}, [((), {"a": 1})], False),
        (AsMethod(), {"b": [1], "a": [2]}, {}, [("AsMethod", 2, 1)], True),
    ],
)
def test_each_call_gets_its_values_and_the_constants(
    body: Callable[..., Any],
    columns: dict[str, list[int]],
    constants: dict[str, int],
    results: list[Any],
    positional: bool,
) -> None:
    its = body if isinstance(body, Task) else task(body)
    made = calling.of(its, tuple(columns), constants)
    step = made.one_by_one(columns)

    assert [step() for _ in results] == results
    assert (made.function == its.run) is positional


def test_without_arguments_it_is_called_as_often_as_wanted() -> None:
    step = calling.of(task(lambda: 1), (), {}).one_by_one({})

    assert [step(), step()] == [1, 1]


def test_an_exception_does_not_end_the_calls() -> None:
    step = calling.of(task(lambda a: 1 // a), ("a",), {}).one_by_one({"a": [1, 0, 2]})

    assert step() == 1
    with pytest.raises(ZeroDivisionError):
        step()
    assert step() == 0
