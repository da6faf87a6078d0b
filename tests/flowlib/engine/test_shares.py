"""How a map is shared out among threads: none of them waits while others have much to do."""

from collections.abc import Callable

import pytest

from flowlib import Flow, task
from flowlib.engine.flow_run import run_flow
from flowlib.engine.progress import Observer
from tests.flowlib.engine.virtual import Virtual


@task
def same(x: int) -> int:
    return x


def skewed(row: int) -> float:
    return 0.2 if row % 20 == 7 else 0.005


@pytest.mark.parametrize(
    ("rows", "workers", "threads", "seconds", "most"),
    [
        (400, 2, 4, lambda row: 0.01, 1.04),
        (100, 2, 1, lambda row: 0.05, 1.02),
        (1_000, 2, 1, lambda row: 0.005, 1.02),
        (40, 2, 1, lambda row: 1.0, 1.02),
        (1_000, 2, 1, skewed, 1.02),
        (10_000, 2, 1, lambda row: 0.000_1, 1.05),
        (5_000, 20, 4, lambda row: 0.05, 1.03),
        (5_000, 20, 4, lambda row: 0.02, 1.06),
        (5_000, 20, 4, lambda row: 0.005, 1.25),  # the scheduler has enough to do, too
    ],
)
def test_all_threads_are_done_at_about_the_same_time(
    rows: int, workers: int, threads: int, seconds: Callable[[int], float], most: float
) -> None:
    with Flow("f") as flow:
        same.map(range(rows))
    cluster = Virtual(workers, threads, seconds)

    assert run_flow(flow, {}, cluster, Observer()).is_successful()

    work = sum(map(seconds, range(rows)))
    assert cluster.now < most * work / cluster.threads
