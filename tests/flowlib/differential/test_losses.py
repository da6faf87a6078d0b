"""Random flows whose chunks are lost and made again come to the same states."""

import random
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowlib.engine.flow_run import Options, run_flow
from flowlib.engine.progress import Observer
from tests.flowlib.differential import programs
from tests.flowlib.differential.comparison import differences
from tests.flowlib.differential.hostile import Losing
from tests.flowlib.differential.programs import described, random_flow


@pytest.mark.timeout(120)
@pytest.mark.parametrize("large", [False, True])
@settings(max_examples=80, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False), st.integers(0, 10**9))
def test_whatever_is_lost_every_state_is_the_same(
    large: bool, rnd: random.Random, seed: int
) -> None:
    flow, parameters = random_flow(rnd)
    executor = Losing(seed, sparing=random.Random(seed) if large else None)

    found = differences(flow, parameters, executor, attempts=False, brought=not large)

    assert found == [], described(flow)


@pytest.mark.timeout(120)
@settings(max_examples=80, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False), st.integers(0, 10**9))
def test_whatever_is_made_again_otherwise_the_run_ends_and_no_state_lies(
    rnd: random.Random, seed: int
) -> None:
    flow, parameters = random_flow(rnd)
    moods, observer, run = random.Random(seed), Observer(), "otherwise"

    with patch.object(programs, "mood", lambda: moods.choice([0, 0, moods.randint(1, 50)])):
        ended = run_flow(flow, parameters, Losing(seed), observer, Options(context={"run": run}))
    programs.TRACES.forget(run)

    counts = observer.snapshot.counts
    assert counts.total == counts.ended + counts.running + counts.pending
    states = ended.result.values() if isinstance(ended.result, dict) else []
    for state in states:
        for its in getattr(state, "map_states", [state]):
            assert its.is_failed() or not isinstance(its.result, Exception), described(flow)
