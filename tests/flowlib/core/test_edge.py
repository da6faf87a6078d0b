"""Edges as values."""

import pytest

from flowlib import Task
from flowlib.core import Edge
from flowlib.tasks.core.constants import Constant


def test_edges_are_equal_by_all_they_say() -> None:
    a, b = Task("a"), Task("b")
    edge = Edge(a, b, key="x", mapped=True, flattened=True)

    assert edge == Edge(a, b, key="x", mapped=True, flattened=True)
    assert len({edge, Edge(a, b, "x", True, True)}) == 1
    others = [
        Edge(b, a, "x", True, True),
        Edge(a, b, "y", True, True),
        Edge(a, b, "x", False, True),
        Edge(a, b, "x", True, False),
    ]
    assert edge not in others
    assert edge.tasks == {a, b}
    assert repr(edge) == "<Edge (key='x'): a to b>"


def test_a_value_at_an_end_becomes_a_task() -> None:
    edge = Edge(3, Task("b"), key="x")

    assert isinstance(edge.upstream_task, Constant)
    assert edge.upstream_task.value == 3


def test_what_is_no_edge() -> None:
    a = Task("a")
    with pytest.raises(ValueError, match="depend on itself"):
        Edge(a, a)
    with pytest.raises(ValueError, match="identifier"):
        Edge(a, Task("b"), key="not one")
