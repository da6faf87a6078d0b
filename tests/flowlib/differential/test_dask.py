"""Random flows on Dask, at hostile settings, agree with the oracle."""

import random
from collections.abc import Iterator

import distributed
import pytest

from tests.flowlib.differential.comparison import differences
from tests.flowlib.differential.hostile import HostileDask, cluster
from tests.flowlib.differential.programs import described, random_flow

pytestmark = [pytest.mark.dask, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def client() -> Iterator[distributed.Client]:
    with cluster() as client:
        yield client


@pytest.mark.parametrize("single_rows", [True, False])
def test_dask_at_hostile_settings_agrees_with_the_oracle(
    client: distributed.Client, single_rows: bool
) -> None:
    for seed in range(15):
        flow, parameters = random_flow(random.Random(f"{seed} {single_rows}"))
        executor = HostileDask(client, single_rows=single_rows)

        assert differences(flow, parameters, executor) == [], described(flow)


def test_dask_with_values_that_are_all_large_agrees_with_the_oracle(
    client: distributed.Client,
) -> None:
    for seed in range(15):
        flow, parameters = random_flow(random.Random(f"{seed} large"))
        executor = HostileDask(client, single_rows=False, sparing=random.Random(seed))

        assert differences(flow, parameters, executor, brought=False) == [], described(flow)
