"""Random flows, run twice with one place for their results, agree with the oracle both times.

What the first attempt has left may be whole, partly gone or broken, and the next one may have other
parameters: what is taken over and what is made again must fit together.
"""

import random
import tempfile
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowlib.engine.flow_run import Options
from flowlib.engine.resume import ledger
from flowlib.executors import LocalExecutor
from flowlib.executors.protocol import Executor
from tests.flowlib.differential.comparison import differences
from tests.flowlib.differential.hostile import HostileDask, Losing, cluster
from tests.flowlib.differential.programs import described, random_flow

pytestmark = pytest.mark.timeout(120)


def harm(folder: Path, rnd: random.Random) -> None:
    """Some files are gone, some broken."""
    for file in sorted(folder.glob("*")):
        fate = rnd.random()
        if fate < 0.15:
            file.unlink()
        elif fate < 0.3:
            data = bytearray(file.read_bytes())
            data[rnd.randrange(len(data))] ^= 1 + rnd.randrange(255)
            file.write_bytes(data)


def check(
    rnd: random.Random, executor: Executor, *, attempts: bool = True, brought: bool = True
) -> None:
    flow, parameters = random_flow(rnd)
    # What is left on the disk is not the same every time: hypothesis must not be asked for it.
    rnd = random.Random(rnd.randrange(2**32))
    with (
        tempfile.TemporaryDirectory() as folder,
        # A row a file, or all of them.
        patch.object(ledger, "BOX", rnd.choice([0.0, 0.5])),
    ):
        options = Options(results=Path(folder).as_uri(), keep_results=True)
        first = differences(flow, parameters, executor, options, attempts=attempts, brought=brought)
        assert first == [], described(flow)
        harm(Path(folder), rnd)
        others = {its.name: [rnd.randrange(9) for _ in range(3)] for its in flow.parameters()}
        for given_now in (parameters, others, parameters):
            again = differences(flow, given_now, executor, options, attempts=False, brought=brought)
            assert again == [], described(flow)


@settings(max_examples=50, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False))
def test_a_second_attempt_comes_to_the_same(rnd: random.Random) -> None:
    check(rnd, LocalExecutor())


@settings(max_examples=50, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False), st.integers(0, 10**9))
def test_a_second_attempt_that_loses_chunks_comes_to_the_same(
    rnd: random.Random, seed: int
) -> None:
    check(rnd, Losing(seed), attempts=False)


@settings(max_examples=50, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False), st.integers(0, 10**9))
def test_a_second_attempt_that_loses_large_values_comes_to_the_same(
    rnd: random.Random, seed: int
) -> None:
    check(rnd, Losing(seed, sparing=random.Random(seed)), attempts=False, brought=False)


@pytest.mark.dask
def test_a_second_attempt_on_dask_comes_to_the_same() -> None:
    with cluster() as client:
        for seed in range(15):
            check(random.Random(seed), HostileDask(client, single_rows=seed % 2 == 0))
