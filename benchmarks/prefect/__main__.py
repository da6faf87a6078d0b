"""The same diamond by flowlib, by Prefect 1 and by Prefect 3, each on a Dask cluster of its own.

The program of flowlib is that of Prefect 1 with its import lines replaced. Every run has a new
cluster of 2 workers with 1 thread each, a new process, and a diamond of 10 before it that is not
counted. Nobody logs below WARNING. A side that takes over a minute is run three times only, and
stopped after --timeout seconds, which then stand for its time.
"""

import argparse
import json
import os
import subprocess
import tempfile
from pathlib import Path

from benchmarks.cluster import cluster
from benchmarks.prefect.peers import FLOWLIB, PREFECT_1, PREFECT_3, Peer
from benchmarks.timing import HEAD, Series, keep, ratio

#: n: what Prefect 1 takes at least, in times of flowlib.
TARGETS = {10_000: 1_000.0}
#: Over this many seconds, so many runs are enough.
LONG, LONG_RUNS = 60.0, 3


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.prefect", description=__doc__)
    parser.add_argument("--n", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--runs", type=int, default=5, help="of each side (%(default)s)")
    parser.add_argument("--prefect-3-most", type=int, default=1_000, help="largest n for Prefect 3")
    parser.add_argument("--timeout", type=float, default=1_800.0, help="of a run (%(default)s s)")
    arguments = parser.parse_args()
    kept = {}
    for n in arguments.n:
        peers = [FLOWLIB, PREFECT_1, *([PREFECT_3] if n <= arguments.prefect_3_most else [])]
        print(f"\nn = {n:,}", flush=True)
        series = measure(peers, n, arguments.runs, arguments.timeout)
        show(n, series)
        kept[str(n)] = {title: its.seconds for title, its in series.items()}
        print(keep("prefect", kept), flush=True)


def measure(peers: list[Peer], n: int, runs: int, timeout: float) -> dict[str, Series]:
    """Seconds of each, run in turns."""
    series = {peer.title: Series(peer.title) for peer in peers}
    for number in range(runs):
        for peer in reversed(peers) if number % 2 else peers:
            its = series[peer.title]
            if len(its.seconds) >= LONG_RUNS and its.median > LONG:
                continue
            its.seconds.append(once(peer, n, timeout))
            load = os.getloadavg()[0]
            print(
                f"{number + 1}  {peer.title:<14}{its.seconds[-1]:10.3f} s, load {load:.1f}",
                flush=True,
            )
    return series


def once(peer: Peer, n: int, timeout: float) -> float:
    """What its program says it took."""
    python = peer.interpreter()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        program = Path(folder) / "diamond.py"
        program.write_text(peer.program)
        with (
            peer.surroundings(Path(folder)) as settings,
            cluster(saturation="inf", python=python, settings=settings) as running,
        ):
            command = [python, str(program), running.address, str(n)]
            try:
                told = subprocess.run(
                    command,
                    env=running.environment,
                    cwd=folder,
                    stdout=subprocess.PIPE,
                    timeout=timeout,
                    check=True,
                ).stdout
            except subprocess.TimeoutExpired:
                print(f"{peer.title} is stopped after {timeout:,.0f} s: it takes longer")
                return timeout
    return float(json.loads(told))


def show(n: int, series: dict[str, Series]) -> None:
    """The table of one size."""
    print(HEAD)
    for its in series.values():
        print(its.row())
    mine, *others = series.values()
    for other in others:
        wanted = f" (target: {TARGETS[n]:,.0f})" if n in TARGETS else ""
        print(f"{other.title} takes {ratio(other, mine):,.0f} times as long as flowlib{wanted}")


if __name__ == "__main__":
    main()
