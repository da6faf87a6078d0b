"""A fan-out through flowlib, beside raw ``client.map``, a serial loop, and LocalExecutor.

Every side of a size is run in turns in one process, and connects a new client to the same running
cluster of 2 workers with 1 thread each. The raw side is left out above --raw-most.
"""

import argparse
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

import dask

from benchmarks.cluster import cluster
from benchmarks.fanout import memory, sides
from benchmarks.timing import HEAD, Series, in_turns, keep, ratio
from flowlib.executors import DaskExecutor, LocalExecutor

#: n: what raw takes at least, in times of flowlib on Dask.
TARGETS = {10_000: 100.0, 100_000: 600.0}
#: The largest n that raw does in seconds, not in minutes.
QUICK = 10_000
#: With 300,000 tasks of raw's the scheduler may read nothing for 30 s, after which either side
#: would take the connection for broken.
PATIENT = {"DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP": "600s"}
#: What flowlib may take at 1,000,000 in times of the serial loop: on Dask, and here.
LOOPS = {"flowlib on Dask": 3.0, "flowlib here": 2.0}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fanout", description=__doc__)
    parser.add_argument("--n", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--runs", type=int, default=5, help="of each side (%(default)s)")
    parser.add_argument("--raw-most", type=int, default=10_000, help="largest n for raw")
    parser.add_argument("--raw-runs", type=int, default=3, help=f"of raw above n={QUICK:,}")
    parser.add_argument("--saturation", nargs="+", default=["inf"], help="inf, 1.1 or both")
    arguments = parser.parse_args()
    logging.getLogger("flowlib").setLevel(logging.WARNING)
    dask.config.update(dask.config.config, dask.config.collect_env(PATIENT))
    kept: dict[str, Any] = {}
    for saturation in arguments.saturation:
        with cluster(saturation=saturation, settings=PATIENT) as running:
            for n in arguments.n:
                raw_runs = arguments.runs if n <= QUICK else arguments.raw_runs
                if n > arguments.raw_most:
                    raw_runs = 0
                series = measure(running.address, n, arguments.runs, raw_runs)
                show(n, saturation, series)
                kept[f"{n}, worker-saturation {saturation}"] = {
                    title: its.seconds for title, its in series.items()
                }
                if n >= 1_000_000:
                    kept[f"bytes a child, {n}"] = its = memory.per_child(running.address, n)
                    print(
                        f"the runner's memory grows by {its:.0f} bytes a child (target: below 50)"
                    )
    print(f"\n{keep('fanout', kept)}")


def measure(address: str, n: int, runs: int, raw_runs: int) -> dict[str, Series]:
    """Seconds of each side."""
    each: dict[str, Callable[[], Any]] = {
        "flowlib on Dask": partial(sides.by_flow, DaskExecutor(address), n),
        "flowlib here": partial(sides.by_flow, LocalExecutor(), n),
        "serial loop": partial(sides.by_loop, n),
    }
    settle = partial(sides.settle, address)
    if not raw_runs:
        return in_turns(each, runs, settle=settle)
    with_raw = {**each, "raw client.map": partial(sides.by_client_map, address, n)}
    if n <= QUICK:
        return in_turns(with_raw, runs, settle=settle)
    # A first run costs the fast sides as much again; of raw's minutes it is nothing. After them
    # the fast sides are run several times, since what raw leaves behind meets the first one only.
    in_turns(each, 0, settle=settle)
    times = dict.fromkeys(each, runs)
    return in_turns(with_raw, raw_runs, warm_up=False, settle=settle, times=times)


def show(n: int, saturation: str, series: dict[str, Series]) -> None:
    """The table of one size."""
    print(f"\nn = {n:,}, worker-saturation {saturation}\n{HEAD}")
    for its in series.values():
        print(its.row())
    mine = series["flowlib on Dask"]
    if raw := series.get("raw client.map"):
        wanted = f" (target: {TARGETS[n]:.0f})" if n in TARGETS and saturation == "inf" else ""
        print(f"raw takes {ratio(raw, mine):.0f} times as long as flowlib on Dask{wanted}")
    for title, most in LOOPS.items():
        told = f" (target: {most:.0f})" if n >= 1_000_000 or title == "flowlib here" else ""
        times = ratio(series[title], series["serial loop"])
        print(f"{title} takes {times:.2f} times as long as the serial loop{told}")


if __name__ == "__main__":
    main()
