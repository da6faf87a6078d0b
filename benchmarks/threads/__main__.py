"""Workers with 4 threads: bodies that release the GIL and bodies that hold it, beside raw."""

import argparse
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

import distributed
import numpy as np

from benchmarks.cluster import cluster
from benchmarks.timing import HEAD, in_turns, keep, ratio
from flowlib import Flow, task
from flowlib.executors import DaskExecutor

MOST = 1.05


def releases(seed: int) -> float:
    """About 10 ms, nearly all of it in numpy, which lets other threads run meanwhile."""
    values = np.random.default_rng(seed).random(200_000)
    return float(np.sort(values)[0])


def holds(seed: int) -> int:
    """About 10 ms of Python."""
    total = seed
    for number in range(150_000):
        total = (total * 31 + number) % 1_000_003
    return total


def smallest(values: list[Any]) -> str:
    return str(min(values))


def by_flow(address: str, body: Callable[[int], Any], n: int) -> Any:
    with Flow("threads") as flow:
        result = task(smallest)(task(body).map(list(range(n))))
    state = flow.run(executor=DaskExecutor(address))
    assert state is not None
    return state.result[result].result


def by_client_map(address: str, body: Callable[[int], Any], n: int) -> Any:
    with distributed.Client(address, set_as_default=False) as client:
        return client.submit(smallest, client.map(body, range(n), pure=False), pure=False).result()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.threads", description=__doc__)
    parser.add_argument("--n", type=int, default=400, help="children (%(default)s)")
    parser.add_argument("--runs", type=int, default=5, help="of each side (%(default)s)")
    arguments = parser.parse_args()
    logging.getLogger("flowlib").setLevel(logging.WARNING)
    kept: dict[str, Any] = {}
    with cluster(workers=2, threads=4) as running:
        for name, body in {"numpy": releases, "pure Python": holds}.items():
            sides = {
                title: partial(side, running.address, body, arguments.n)
                for title, side in {"flowlib": by_flow, "raw client.map": by_client_map}.items()
            }
            assert len({side() for side in sides.values()}) == 1
            series = in_turns(sides, arguments.runs, warm_up=False)
            print(f"\n{arguments.n} x {name}, 2 workers x 4 threads\n{HEAD}")
            for its in series.values():
                print(its.row())
            mine, raw = series.values()
            print(f"flowlib takes {ratio(mine, raw):.3f} times as long (at most {MOST})")
            kept[name] = {title: its.seconds for title, its in series.items()}
    print(f"\n{keep('threads', kept)}")


if __name__ == "__main__":
    main()
