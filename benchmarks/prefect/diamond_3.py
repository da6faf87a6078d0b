"""The diamond as a Prefect 3 program.

``python diamond_3.py ADDRESS N`` prints the seconds as JSON. A diamond of 10 goes first, uncounted.
"""

import json
import sys
import time

from prefect import flow, task
from prefect_dask import DaskTaskRunner


@task
def inc(x):
    return x + 1


@task
def double(x):
    return 2 * x


@task
def add(x, y):
    return x + y


@task(name="sum")
def sum_of(values):
    return sum(values)


def run(address, n):
    """Seconds from the flow's first line until every state has been looked at."""
    numbers = list(range(n))
    began = time.perf_counter()

    @flow(task_runner=DaskTaskRunner(address=address))
    def diamond():
        incs, doubles = inc.map(numbers), double.map(numbers)
        adds = add.map(incs, doubles)
        total = sum_of.submit(adds).result()
        return total, [[future.state for future in each] for each in (incs, doubles, adds)]

    result, maps = diamond()
    assert result == sum(3 * x + 1 for x in numbers), result
    for states in maps:
        assert len(states) == n, len(states)
        assert all(state.is_completed() for state in states)
    return time.perf_counter() - began


if __name__ == "__main__":
    address, n = sys.argv[1], int(sys.argv[2])
    run(address, 10)
    print(json.dumps(run(address, n)))
