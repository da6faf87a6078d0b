"""Which earlier results still hold."""

import datetime
from collections.abc import Callable
from typing import Any

import pytest

from flowlib.engine import cache_validators as v
from flowlib.engine.state import Cached

NOW = datetime.datetime.now(datetime.UTC)
HOUR = datetime.timedelta(hours=1)
INPUTS = {"x": 1, "y": [2]}
PARAMETERS = {"p": 1, "q": 2}

# The validator, inputs and parameters now, and whether the result of INPUTS and PARAMETERS holds.
CASES: list[tuple[Callable[..., bool], dict[str, Any], dict[str, Any], bool]] = [
    (v.never_use, INPUTS, PARAMETERS, False),
    (v.duration_only, {"x": 9}, {}, True),
    (v.all_inputs, INPUTS, {}, True),
    (v.all_inputs, {"x": 1, "y": [3]}, PARAMETERS, False),
    (v.all_inputs, {"x": 1}, PARAMETERS, False),
    (v.all_parameters, {}, PARAMETERS, True),
    (v.all_parameters, INPUTS, {"p": 1, "q": 3}, False),
    (v.all_parameters, INPUTS, {}, False),
    (v.partial_inputs_only(["x"]), {"x": 1, "y": [3]}, {}, True),
    (v.partial_inputs_only(["x"]), {"x": 2, "y": [2]}, {}, False),
    (v.partial_inputs_only(["z"]), INPUTS, {}, True),
    (v.partial_inputs_only(["z"]), {"z": 1}, {}, False),
    (v.partial_inputs_only(), {"x": 9}, {}, True),
    (v.partial_parameters_only(["p"]), {}, {"p": 1}, True),
    (v.partial_parameters_only(["p"]), {}, {"p": 2}, False),
    (v.partial_parameters_only("q"), {}, {"q": 2}, True),
    (v.partial_parameters_only(), {}, {}, True),
]


@pytest.mark.parametrize(("validator", "inputs", "parameters", "holds"), CASES)
def test_whether_it_holds(
    validator: Callable[..., bool],
    inputs: dict[str, Any],
    parameters: dict[str, Any],
    holds: bool,
) -> None:
    state = Cached(
        hashed_inputs=v.hashed(INPUTS),
        cached_parameters=PARAMETERS,
        cached_result_expiration=NOW + HOUR,
    )
    assert validator(state, inputs, parameters) is holds
    state.cached_result_expiration = NOW - HOUR
    assert not validator(state, inputs, parameters)


def test_without_an_end_it_holds_for_ever() -> None:
    assert v.duration_only(Cached(), None, None)
