"""Fingerprints are the same in every process, and tell what they are to tell."""

import functools
import subprocess
import sys
import threading
from typing import Any

import pytest

from flowlib import Flow, task, triggers
from flowlib.core.task import Task
from flowlib.engine import graph
from flowlib.engine.resume import fingerprint

PROGRAM = """
import logging, sys
from flowlib import Flow, Parameter, task, triggers
from flowlib.engine import graph
from flowlib.engine.resume import fingerprint

WORDS = {"some", "words", "in", "a", "set"}
logger = logging.getLogger("anything")

def helper(x, *, more=frozenset({"p", "q", "r"})):
    return recursive(x) if x in {"a", "b", "c"} else [y for y in WORDS if y > x]

def recursive(x):
    return helper(x[1:]) or recursive(x)

@task(trigger=triggers.some_successful(at_least=2))
def first(x, names={"u", "v", "w"}):
    logger.info("%s", x)
    return helper(x)

class Second(first.__class__.__mro__[1]):
    def run(self, x): return x

with Flow("f") as flow:
    Second(tags=["t"])(first.map(Parameter("xs")))
print(*fingerprint.of_nodes(graph.nodes(flow)))
"""


def run(seed: int) -> str:
    environment = {"PYTHONHASHSEED": str(seed), "PYTHONPATH": ":".join(sys.path)}
    command = [sys.executable, "-c", PROGRAM]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True
    ).stdout


def test_another_process_comes_to_the_same() -> None:
    one = run(1)

    assert run(2) == one
    assert len(set(one.split())) == 3
    assert "None" not in one


def of(its: Task) -> str | None:
    """As the only task of a flow."""
    with Flow("f") as flow:
        flow.add_task(its)
    return fingerprint.of_nodes(graph.nodes(flow))[0]


def same(x: Any) -> Any:
    return x


def power(exponent: int, x: int = 2) -> int:
    return x**exponent


def closing_over(value: Any) -> Task:
    @task
    def told() -> Any:
        return value

    return told


DIFFERENT = {
    "a number it closes over": (closing_over(1), closing_over(2)),
    "a list it closes over": (closing_over([1]), closing_over([2])),
    "an object it closes over": (closing_over(Exception("a")), closing_over(Exception("b"))),
    "a function it closes over": (closing_over(len), closing_over(max)),
    "what a trigger was made with": (
        task(same, trigger=triggers.some_successful(at_least=1)),
        task(same, trigger=triggers.some_successful(at_least=2)),
    ),
    "a partial function's argument": (
        task(functools.partial(power, 2), name="a"),
        task(functools.partial(power, 3), name="a"),
    ),
}


@pytest.mark.parametrize(("one", "other"), DIFFERENT.values(), ids=DIFFERENT.keys())
def test_these_differ(one: Task, other: Task) -> None:
    assert of(one) != of(other)
    assert of(one) == of(one) is not None


SAME = {
    "lists of the same": (closing_over([1, "a"]), closing_over([1, "a"])),
    "names and tags": (task(same, name="a", tags=["x"]), task(same, name="b")),
    "time-outs": (task(same, timeout=3), task(same)),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME.keys())
def test_these_do_not(one: Task, other: Task) -> None:
    assert of(one) == of(other) is not None


def test_what_cannot_be_compared_has_none_nor_has_what_follows() -> None:
    @task
    def after(x: Any) -> Any:
        return x

    @task
    def beside() -> int:
        return 1

    with Flow("f") as flow:
        after(closing_over(threading.Lock())())
        beside()

    found = dict(zip(flow.sorted_tasks(), fingerprint.of_nodes(graph.nodes(flow)), strict=True))

    assert {its.name: told is None for its, told in found.items()} == {
        "told": True,
        "after": True,
        "beside": False,
    }


def test_what_a_body_adds_to_while_it_runs_changes_nothing() -> None:
    seen: list[int] = []
    its = closing_over(seen)
    before = of(its)

    seen.append(1)

    assert of(its) == before
