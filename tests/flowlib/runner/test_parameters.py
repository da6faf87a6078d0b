"""Whether parameters fit a flow, before it runs."""

from typing import Any

import pytest

from flowlib import Flow, Parameter
from flowlib.core import DateTimeParameter
from flowlib.runner.parameters import InvalidParameters, check_parameters


@pytest.fixture
def flow() -> Flow:
    flow = Flow("f")
    for parameter in (
        Parameter("needed"),
        Parameter("count", default=3),
        Parameter("share", default=0.5),
        Parameter("flag", default=True),
        Parameter("words", default=["a"]),
        Parameter("anything", default=None),
        DateTimeParameter("since", default="2020-01-01"),
    ):
        flow.add_task(parameter)
    return flow


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"count": 5, "share": 1, "flag": False, "words": [], "anything": {"a": [1]}},
        {"since": "2020-02-29T12:00:00+01:00"},
        {"since": None},
    ],
)
def test_what_fits(flow: Flow, given: dict[str, Any]) -> None:
    check_parameters(flow, {"needed": 1, **given})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"count": "3"}, "parameter 'count' must be integer, as its default is, not string"),
        ({"count": 3.5}, "parameter 'count' must be integer, as its default is, not number"),
        ({"count": True}, "parameter 'count' must be integer, as its default is, not boolean"),
        ({"count": None}, "parameter 'count' must be integer, as its default is, not null"),
        ({"flag": 1}, "parameter 'flag' must be boolean, as its default is, not integer"),
        ({"words": "a"}, "parameter 'words' must be array, as its default is, not string"),
        ({"conut": 3}, "there is no parameter 'conut' (did you mean 'count'?)"),
        ({"zzz": 3}, "there is no parameter 'zzz' (there are: 'anything', 'count', 'flag', "),
        ({"since": "yesterday-ish"}, "parameter 'since' is not a point in time: 'yesterday-ish'"),
        ({"since": 5}, "parameter 'since' is not a point in time: 5"),
        ({"anything": {1, 2}}, "parameter 'anything' is not JSON"),
    ],
)
def test_what_does_not_fit_is_named(flow: Flow, given: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidParameters) as caught:
        check_parameters(flow, {"needed": 1, **given})

    assert said in caught.value.message


def test_every_fault_is_named_at_once(flow: Flow) -> None:
    with pytest.raises(InvalidParameters) as caught:
        check_parameters(flow, {"count": "3", "zzz": 1})

    assert caught.value.message.startswith("Flow 'f': parameter 'needed' is required and not given")
    assert "'zzz'" in caught.value.message
    assert "'count'" in caught.value.message
