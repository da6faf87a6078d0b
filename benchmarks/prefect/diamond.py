"""The diamond as a Prefect 1 program; for flowlib its import lines are replaced, and nothing else.

``python diamond.py ADDRESS N`` prints the seconds as JSON. A diamond of 10 goes first, uncounted.
"""

import json
import sys
import time

from prefect import Flow, task
from prefect.executors import DaskExecutor


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
    with Flow("diamond") as flow:
        incs, doubles = inc.map(numbers), double.map(numbers)
        adds = add.map(incs, doubles)
        total = sum_of(adds)
    state = flow.run(executor=DaskExecutor(address))
    assert state.is_successful(), state
    result = state.result[total].result
    assert result == sum(3 * x + 1 for x in numbers), result
    for mapped in (incs, doubles, adds):
        children = state.result[mapped].map_states
        assert len(children) == n, len(children)
        assert all(child.is_successful() for child in children)
    return time.perf_counter() - began


if __name__ == "__main__":
    address, n = sys.argv[1], int(sys.argv[2])
    run(address, 10)
    print(json.dumps(run(address, n)))
