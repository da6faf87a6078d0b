"""What keeping results costs: a diamond of children that do nothing, kept and not kept.

Every side is run in turns in one process and connects to the same running cluster of 2 workers
with 1 thread each. Kept: each claim writes what came of it. Taken over: a run that finds all of it
there. Children that do nothing are the worst case: what is kept costs more than making it.
"""

import argparse
import logging
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.cluster import cluster
from benchmarks.fanout.sides import answer, diamond
from benchmarks.timing import HEAD, Series, in_turns, keep, ratio
from flowlib.executors import DaskExecutor, LocalExecutor


def run(executor: Any, n: int, folder: Path | None) -> None:
    """One flow run; with a folder its results are kept there, and stay."""
    flow, tasks = diamond(list(range(n)))
    options = {"results": folder.as_uri(), "keep_results": True} if folder is not None else {}
    state = flow.run(executor=executor, **options)
    assert state is not None
    assert state.result[tasks["total"]].result == answer(n)


def kept(executor: Any, n: int, below: Path) -> None:
    """In a folder of its own."""
    run(executor, n, Path(tempfile.mkdtemp(dir=below)))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.resume", description=__doc__)
    parser.add_argument("--n", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--runs", type=int, default=5, help="of each side (%(default)s)")
    arguments = parser.parse_args()
    logging.getLogger("flowlib").setLevel(logging.WARNING)
    told: dict[str, Any] = {}
    with cluster() as running, tempfile.TemporaryDirectory() as scratch:
        places = {"on Dask": DaskExecutor(running.address), "here": LocalExecutor()}
        for n in arguments.n:
            for where, executor in places.items():
                series = measure(executor, n, arguments.runs, Path(scratch))
                show(f"n = {n:,}, {where}", series)
                told[f"{n} {where}"] = {title: its.seconds for title, its in series.items()}
    print(f"\n{keep('resume', told)}")


def measure(executor: Any, n: int, runs: int, scratch: Path) -> dict[str, Series]:
    """Seconds of each side."""
    whole = Path(tempfile.mkdtemp(dir=scratch))
    run(executor, n, whole)
    sides: dict[str, Callable[[], None]] = {
        "not kept": partial(run, executor, n, None),
        "kept": partial(kept, executor, n, scratch),
        "taken over": partial(run, executor, n, whole),
    }
    return in_turns(sides, runs)


def show(title: str, series: dict[str, Series]) -> None:
    """The table of one size and place."""
    print(f"\n{title}\n{HEAD}")
    for its in series.values():
        print(its.row())
    for side in ("kept", "taken over"):
        times = ratio(series[side], series["not kept"])
        print(f"{side} takes {times:.2f} times as long as not kept")


if __name__ == "__main__":
    main()
