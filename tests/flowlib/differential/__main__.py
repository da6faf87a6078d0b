"""Many random flows: ``python -m tests.flowlib.differential --local 20000 --dask 3000``."""

import argparse
import logging
import os
import random
import sys
import time
from collections.abc import Callable

from flowlib.executors import LocalExecutor
from flowlib.executors.protocol import Executor
from flowlib.utilities.logging import get_logger
from tests.flowlib.differential.comparison import differences
from tests.flowlib.differential.hostile import HostileDask, Losing, cluster, dying_cluster
from tests.flowlib.differential.programs import described, random_flow

#: After so many different flows it is time to look.
ENOUGH = 5


def compare(
    number: int,
    first: int,
    name: str,
    executor: Callable[[int], Executor],
    *,
    attempts: bool = True,
    brought: bool = True,
) -> int:
    """How many of so many flows differ; prints the first ones, with their seeds."""
    different, began = 0, time.perf_counter()
    for seed in range(first, first + number):
        flow, parameters = random_flow(random.Random(seed))
        found = differences(flow, parameters, executor(seed), attempts=attempts, brought=brought)
        if found:
            different += 1
            print(f"--- {name}, seed {seed}:", *found, described(flow), sep="\n")
            if different == ENOUGH:
                break
    seconds = time.perf_counter() - began
    print(f"{name}: {different} differences in {number} flows from seed {first}, {seconds:.0f} s")
    return different


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--local", type=int, default=20_000)
    parser.add_argument("--losses", type=int, default=5_000)
    parser.add_argument("--dask", type=int, default=3_000)
    parser.add_argument("--sparing", type=int, default=1_000, help="with all values large")
    parser.add_argument("--killed", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    given = parser.parse_args()
    get_logger().setLevel(logging.CRITICAL)
    os.environ["FLOWLIB__LOGGING__LEVEL"] = "CRITICAL"  # for processes to come
    first = given.first
    different = compare(given.local, first, "LocalExecutor", lambda seed: LocalExecutor())
    different += compare(given.losses, first, "with losses", Losing, attempts=False)
    different += compare(
        given.sparing,
        first,
        "with losses, large values",
        lambda seed: Losing(seed, sparing=random.Random(seed)),
        attempts=False,
        brought=False,
    )
    if given.dask or given.sparing:
        with cluster() as client:
            different += compare(
                given.dask,
                first,
                "Dask",
                lambda seed: HostileDask(client, single_rows=seed % 2 == 0),
            )
            different += compare(
                given.sparing,
                first,
                "Dask, large values",
                lambda seed: HostileDask(
                    client, single_rows=seed % 2 == 0, sparing=random.Random(seed)
                ),
                brought=False,
            )
    if given.killed:
        with dying_cluster(random.Random(first)) as (client, killed):
            different += compare(
                given.killed,
                first,
                "Dask, workers killed",
                lambda seed: HostileDask(client, single_rows=seed % 2 == 0),
                attempts=False,
            )
            print(f"workers killed: {len(killed)}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
