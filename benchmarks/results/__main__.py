"""Large results: 200 of 10 MB through two maps and a reduce, beside raw ``client.map``.

Each run is a process of its own, so that its memory can be told: the most that it ever had, over
what it had when everything was imported and connected once.
"""

import argparse
import json
import logging
import resource
import subprocess
import sys
import time
from typing import Any

import distributed

from benchmarks.cluster import cluster
from benchmarks.timing import HEAD, Series, keep, ratio
from flowlib import Flow, task
from flowlib.engine.state import State
from flowlib.executors import DaskExecutor

SIZE = 10_000_000


def make(number: int) -> bytes:
    return bytes([number % 256]) * SIZE


def turn(value: bytes) -> bytes:
    return value[::-1]


def by_flow(address: str, n: int) -> Any:
    with Flow("results") as flow:
        made = task(make).map(list(range(n)))
        turned = task(turn).map(made)
        measured = task(len_of).map(turned)
        result = task(sum_of)(measured)
    state = flow.run(executor=DaskExecutor(address))
    assert isinstance(state, State)
    assert all(its.is_successful() for its in state.result[turned].map_states)
    return state.result[result].result


def len_of(value: bytes) -> int:
    return len(value)


def sum_of(values: list[int]) -> int:
    return sum(values)


def by_client_map(address: str, n: int) -> Any:
    with distributed.Client(address, set_as_default=False) as client:
        made = client.map(make, range(n), pure=False)
        turned = client.map(turn, made, pure=False)
        del made  # as somebody would who knows Dask
        measured = client.map(len_of, turned, pure=False)
        del turned
        return client.submit(sum_of, measured, pure=False).result()


SIDES = {"flowlib": by_flow, "raw client.map": by_client_map}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.results", description=__doc__)
    parser.add_argument("--n", type=int, default=200, help="results (%(default)s)")
    parser.add_argument("--runs", type=int, default=5, help="of each side (%(default)s)")
    parser.add_argument("--one", nargs=2, help="a side and an address: one run, told as JSON")
    arguments = parser.parse_args()
    logging.getLogger("flowlib").setLevel(logging.WARNING)
    if arguments.one:
        _one(*arguments.one, arguments.n)
        return
    series = {title: Series(title) for title in SIDES}
    megabytes: dict[str, list[float]] = {title: [] for title in SIDES}
    with cluster() as running:
        for number in range(arguments.runs):
            for title in list(SIDES)[:: 1 if number % 2 else -1]:
                command = [sys.executable, "-m", "benchmarks.results", "--n", str(arguments.n)]
                command += ["--one", title, running.address]
                told = json.loads(subprocess.run(command, stdout=-1, check=True).stdout)
                series[title].seconds.append(told["seconds"])
                megabytes[title].append(told["megabytes"])
    print(f"\n{arguments.n} results of {SIZE / 1e6:.0f} MB, two maps and a reduce\n{HEAD}")
    for its in series.values():
        print(its.row())
    for title, its in megabytes.items():
        print(f"memory of the {title} process grew by at most {max(its):.0f} MB")
    mine, raw = series.values()
    print(f"flowlib takes {ratio(mine, raw):.2f} times as long")
    kept = {title: {"seconds": s.seconds, "MB": megabytes[title]} for title, s in series.items()}
    print(f"\n{keep('results', kept)}")


def _one(title: str, address: str, n: int) -> None:
    SIDES[title](address, 2)
    before = _peak()
    began = time.perf_counter()
    assert SIDES[title](address, n) == n * SIZE
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "megabytes": (_peak() - before) / 1e6}))


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1_024


if __name__ == "__main__":
    main()
