import click
import pytest

from flowlib.cli.parameters import parse


@pytest.mark.parametrize(
    ("pair", "value"),
    [
        ("x=3", 3),
        ("x=3.5", 3.5),
        ("x=true", True),
        ("x=null", None),
        ("x=[1, 2]", [1, 2]),
        ('x={"a": 1}', {"a": 1}),
        ('x="3"', "3"),
        ("x=abc", "abc"),
        ("x=2026-11-22", "2026-11-22"),
        ("x=a=b", "a=b"),
        ("x=", ""),
        ("x=NaN", "NaN"),
    ],
)
def test_a_value_is_json_where_it_is_json_and_else_text(pair, value):
    assert parse((pair,)) == {"x": value}


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        (("n",), "write -p NAME=VALUE"),
        (("=3",), "write -p NAME=VALUE"),
        (("n=1", "n=2"), "'n' is given twice"),
    ],
)
def test_a_pair_that_names_nothing_or_twice_is_wrong_usage(pairs, message):
    with pytest.raises(click.UsageError, match=message):
        parse(pairs)
