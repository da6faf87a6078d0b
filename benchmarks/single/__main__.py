"""Single tasks beside raw ``client.submit``: a chain, tasks that know nothing of each other, and a
ladder, whose every task has two consumers, so that nothing of it is a chain."""

import argparse
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

import distributed

from benchmarks.cluster import cluster
from benchmarks.timing import HEAD, in_turns, keep, ratio
from flowlib import Flow, task
from flowlib.executors import DaskExecutor

#: What flowlib may take, in times of raw.
MOST = {"chain": 1.0, "different": 1.0, "ladder": 1.05}


def inc(x: int) -> int:
    return x + 1


def add(x: int, y: int) -> int:
    return x + y


def total(values: list[int]) -> int:
    return sum(values)


#: How a task is called with the ones before it: as part of a flow, or at once by a client.
Call = Callable[..., Any]


def chain(call: Call, n: int) -> Any:
    last = call(inc, 0)
    for _ in range(n - 1):
        last = call(inc, last)
    return last


def different(call: Call, n: int) -> Any:
    return call(total, [call(inc, number) for number in range(n)])


def ladder(call: Call, n: int) -> Any:
    left, right = call(inc, 0), call(inc, 1)
    for _ in range(n // 2 - 1):
        # Large numbers would be another benchmark.
        left, right = call(_half, left, right), call(_half, right, left)
    return call(add, left, right)


def _half(x: int, y: int) -> int:
    return (x + y) // 2


SHAPES = {"chain": chain, "different": different, "ladder": ladder}


def by_flow(address: str, shape: Callable[[Call, int], Any], n: int) -> Any:
    with Flow("single") as flow:
        last = shape(lambda function, *arguments: task(function)(*arguments), n)
    state = flow.run(executor=DaskExecutor(address))
    assert state is not None
    assert all(its.is_successful() for its in state.result.values())
    return state.result[last].result


def by_client(address: str, shape: Callable[[Call, int], Any], n: int) -> Any:
    with distributed.Client(address, set_as_default=False) as client:
        return shape(partial(client.submit, pure=False), n).result()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.single", description=__doc__)
    parser.add_argument("--n", type=int, default=1_000, help="tasks (%(default)s)")
    parser.add_argument("--runs", type=int, default=5, help="of each side (%(default)s)")
    parser.add_argument("--shapes", nargs="+", default=list(SHAPES))
    arguments = parser.parse_args()
    logging.getLogger("flowlib").setLevel(logging.WARNING)
    kept: dict[str, Any] = {}
    with cluster() as running:
        for name in arguments.shapes:
            shape, n = SHAPES[name], arguments.n
            assert by_flow(running.address, shape, n) == by_client(running.address, shape, n)
            sides = {
                "flowlib": partial(by_flow, running.address, shape, n),
                "raw client.submit": partial(by_client, running.address, shape, n),
            }
            series = in_turns(sides, arguments.runs, warm_up=False)
            print(f"\n{name} of {n:,}\n{HEAD}")
            for its in series.values():
                print(its.row())
            mine, raw = series.values()
            print(f"flowlib takes {ratio(mine, raw):.3f} times as long (at most {MOST[name]})")
            kept[name] = {title: its.seconds for title, its in series.items()}
    print(f"\n{keep('single', kept)}")


if __name__ == "__main__":
    main()
