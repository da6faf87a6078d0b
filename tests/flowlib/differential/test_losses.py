"""Random flows whose chunks are lost and made again come to the same states."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.flowlib.differential.comparison import differences
from tests.flowlib.differential.hostile import Losing
from tests.flowlib.differential.programs import described, random_flow


@pytest.mark.timeout(120)
@settings(max_examples=80, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False), st.integers(0, 10**9))
def test_whatever_is_lost_every_state_is_the_same(rnd: random.Random, seed: int) -> None:
    flow, parameters = random_flow(rnd)

    found = differences(flow, parameters, Losing(seed), attempts=False)

    assert found == [], described(flow)
