"""Parameters: what they answer in a run."""

import datetime
from typing import Any

import pendulum
import pytest

from flowlib import Flow, Parameter, context
from flowlib.core.parameter import DateTimeParameter
from flowlib.engine.state import Failed


@pytest.mark.parametrize(
    ("arguments", "required", "default"),
    [
        ({}, True, None),
        ({"default": None}, False, None),
        ({"default": 3}, False, 3),
        ({"default": 3, "required": True}, True, 3),
        ({"required": False}, False, None),
    ],
)
def test_a_parameter_is_required_unless_it_has_a_default(
    arguments: dict[str, Any], required: bool, default: Any
) -> None:
    parameter = Parameter("x", **arguments)

    assert (parameter.required, parameter.default) == (required, default)
    assert (parameter.name, parameter.slug, repr(parameter)) == ("x", "x", "<Parameter: x>")


def test_the_default_of_a_required_parameter_is_not_used() -> None:
    with Flow("f") as flow:
        Parameter("x", default=3, required=True)()

    with pytest.raises(ValueError, match="needs parameters x"):
        flow.run()


def test_the_value_given_goes_before_the_default() -> None:
    with Flow("f") as flow:
        x = Parameter("x", default=1)()

    assert flow.run().result[x].result == 1
    assert flow.run(x=None).result[x].result is None
    assert flow.run(parameters={"x": 2}).result[x].result == 2


def test_a_required_value_that_is_missing_fails_the_parameter() -> None:
    parameter = Parameter("x")
    with context(parameters={}), pytest.raises(BaseException, match="required") as caught:
        parameter.run()
    assert isinstance(caught.value.state, Failed)


def test_a_copy_needs_a_name_of_its_own() -> None:
    with pytest.raises(TypeError):
        Parameter("x").copy()
    copied = Parameter("x", default=3).copy("y")
    assert (copied.name, copied.slug, copied.default) == ("y", "y", 3)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2020-01-02", pendulum.datetime(2020, 1, 2)),
        ("2020-01-02T03:04:05+02:00", pendulum.datetime(2020, 1, 2, 1, 4, 5)),
        (datetime.datetime(2020, 1, 2, tzinfo=datetime.UTC), pendulum.datetime(2020, 1, 2)),
        (None, None),
    ],
)
def test_a_point_in_time_is_pendulums(given: Any, expected: Any) -> None:
    with Flow("f") as flow:
        when = DateTimeParameter("when", required=False)()
    made = flow.run(when=given).result[when].result

    assert made == expected
    assert given is None or isinstance(made, pendulum.DateTime)


def test_what_is_no_time_fails() -> None:
    with Flow("f") as flow:
        when = DateTimeParameter("when")()

    assert flow.run(when="soon").result[when].is_failed()
