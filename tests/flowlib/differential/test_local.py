"""Random flows on LocalExecutor agree with the oracle."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowlib.executors import LocalExecutor
from tests.flowlib.differential.comparison import differences
from tests.flowlib.differential.programs import described, random_flow


@pytest.mark.timeout(120)
@settings(max_examples=120, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False))
def test_local_executor_agrees_with_the_oracle(rnd: random.Random) -> None:
    flow, parameters = random_flow(rnd)

    assert differences(flow, parameters, LocalExecutor()) == [], described(flow)
