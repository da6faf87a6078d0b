"""Operators between tasks."""

from types import SimpleNamespace
from typing import Any

import pytest

from flowlib import Flow, Task, task
from flowlib.tasks.core import operators


@task
def give(x: Any) -> Any:
    return x


OPERATIONS = [
    ("Add", lambda a, b: a + b, 7, 2, 9),
    ("Sub", lambda a, b: a - b, 7, 2, 5),
    ("Mul", lambda a, b: a * b, 7, 2, 14),
    ("Div", lambda a, b: a / b, 7, 2, 3.5),
    ("FloorDiv", lambda a, b: a // b, 7, 2, 3),
    ("Mod", lambda a, b: a % b, 7, 2, 1),
    ("Pow", lambda a, b: a**b, 7, 2, 49),
    ("And", lambda a, b: a & b, 7, 2, 2),
    ("GreaterThan", lambda a, b: a > b, 7, 2, True),
    ("GreaterThanOrEqual", lambda a, b: a >= b, 7, 7, True),
    ("LessThan", lambda a, b: a < b, 7, 2, False),
    ("LessThanOrEqual", lambda a, b: a <= b, 7, 7, True),
]
METHODS = [
    ("Equal", lambda a, b: a.is_equal(b), 1, 1, True),
    ("NotEqual", lambda a, b: a.is_not_equal(b), 1, 1, False),
    ("Or", lambda a, b: a.or_(b), 0, 3, 3),
]
#: Python asks the other side, which is a task, for the mirrored comparison.
MIRRORED = {
    "GreaterThan": "LessThan",
    "GreaterThanOrEqual": "LessThanOrEqual",
    "LessThan": "GreaterThan",
    "LessThanOrEqual": "GreaterThanOrEqual",
}


@pytest.mark.parametrize(("name", "operate", "x", "y", "expected"), OPERATIONS + METHODS)
def test_an_operator_between_tasks_is_a_task(
    name: str, operate: Any, x: Any, y: Any, expected: Any
) -> None:
    with Flow("f") as flow:
        both = operate(give(x), give(y))
        right = operate(give(x), y)

    result = flow.run().result
    assert (result[both].result, result[right].result) == (expected, expected)
    assert type(both) is getattr(operators, name)
    assert both.name == name


@pytest.mark.parametrize(("name", "operate", "x", "y", "expected"), OPERATIONS)
def test_the_left_side_may_be_a_value(
    name: str, operate: Any, x: Any, y: Any, expected: Any
) -> None:
    with Flow("f") as flow:
        left = operate(x, give(y))

    assert flow.run().result[left].result == expected
    assert left.name == MIRRORED.get(name, name)


def test_not() -> None:
    with Flow("f") as flow:
        no = give(1).not_()

    assert flow.run().result[no].result is False
    assert no.name == "Not"


def test_an_item_has_the_tasks_name_checkpoint_and_result_in_it() -> None:
    @task(checkpoint=False)
    def inc() -> dict[str, int]:
        return {"k": 1}

    with Flow("f") as flow:
        item = inc()["k"]

    assert (item.name, item.checkpoint) == ("inc['k']", False)
    assert flow.run().result[item].result == 1


def test_an_item_by_a_task() -> None:
    with Flow("f") as flow:
        item = give([1, 2])[give(1)]

    assert flow.run().result[item].result == 2


@pytest.mark.parametrize("default", [None, 3])
def test_items_and_attributes_may_have_a_default(default: Any) -> None:
    with Flow("f") as flow:
        item = operators.GetItem(default=default)(give({}), "k")
        here = operators.GetItem()(give({}), "k", default=default)
        attribute = operators.GetAttr(default=default)(give(1), "a.b")

    result = flow.run().result
    assert [result[t].result for t in (item, here, attribute)] == [default] * 3


def test_attributes_of_attributes() -> None:
    with Flow("f") as flow:
        value = operators.GetAttr()(give(SimpleNamespace(a=SimpleNamespace(b=1))), "a.b")
        missing = operators.GetAttr()(give(1), "a")

    result = flow.run().result
    assert result[value].result == 1
    assert isinstance(result[missing].result, AttributeError)


def test_or_is_an_edge_and_not_an_operation() -> None:
    with Flow("f") as flow:
        a, b, c = give(1), give(2), give(3)
        assert (a | b) is b
        assert ([a, b] | c) is c

    assert flow.upstream_tasks(b) == {a}
    (both,) = flow.upstream_tasks(c)
    assert both.name == "List"


def test_there_is_no_equality_between_different_tasks() -> None:
    with Flow("f"):
        a, b = give(1), give(1)

    assert (a == b, a == a, bool(a)) == (False, True, True)
    assert len({a, b, a}) == 2


def test_no_operator_without_a_flow() -> None:
    with pytest.raises(ValueError, match="Flow"):
        give + 1
    with pytest.raises(ValueError, match="Flow"):
        give | give


class Named(Task):
    def run(self) -> int:
        return 1


def test_minus_alone_means_nothing() -> None:
    with pytest.raises(TypeError):
        -Named()  # type: ignore[operator]
