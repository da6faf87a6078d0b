"""One of two workers killed at a random moment, beside raw with the same moment.

3 x 1,000 children of 2 ms write down that they run, and in which process, so that executions can
be counted. What ran on the killed worker is lost on both sides, since its results were there; how
much that is depends on how the work fell. Every state and the result must be right.
"""

import argparse
import logging
import os
import random
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import distributed

from benchmarks.cluster import Cluster, cluster
from benchmarks.timing import keep
from flowlib import Flow, task
from flowlib.executors import DaskExecutor

N = 1_000
SECONDS = 0.002
THREADS = 2
#: Seconds that a chunk may take, and so the work that a worker takes with it.
BOX = 0.1


def step(name: str, log: str, x: int) -> int:
    with open(log, "ab", buffering=0) as file:
        file.write(f"{name} {x} {os.getpid()}\n".encode())
    time.sleep(SECONDS)
    return x + 1


def total(values: list[int]) -> int:
    return sum(values)


def by_flow(address: str, log: str) -> int:
    with Flow("kill") as flow:
        children = list(range(N))
        maps = []
        for name in "abc":
            children = task(partial(step, name, log), name=name).map(children)
            maps.append(children)
        result = task(total)(children)
    state = flow.run(executor=DaskExecutor(address))
    assert state is not None
    for its in maps:
        assert [child.is_successful() for child in state.result[its].map_states] == [True] * N
    answer: int = state.result[result].result
    return answer


def by_client_map(address: str, log: str) -> int:
    with distributed.Client(address, set_as_default=False) as client:
        futures: Any = range(N)
        kept = []
        for name in "abc":
            futures = client.map(partial(step, name, log), futures, pure=False)
            kept.append(futures)
        answer: int = client.submit(total, futures, pure=False).result()
        return answer


def measure(side: Callable[[str, str], int], moment: float) -> dict[str, int]:
    """How many executions there were too many, and how many were on the killed worker."""
    with tempfile.TemporaryDirectory() as folder, cluster() as running:
        log = str(Path(folder) / "log")
        killer = threading.Thread(target=_kill, args=(running, log, moment))
        killer.start()
        assert side(running.address, log) == sum(range(N)) + 3 * N
        killer.join()
        lines = [line.split() for line in Path(log).read_text().splitlines()]
    assert len({(name, x) for name, x, _ in lines}) == 3 * N
    lost = sum(int(pid) == running.workers[0].pid for _, _, pid in lines)
    return {"extra": len(lines) - 3 * N, "lost": lost}


def _kill(running: Cluster, log: str, moment: float) -> None:
    """At this share of the executions."""
    while not (os.path.exists(log) and Path(log).read_bytes().count(b"\n") >= moment * 3 * N):
        time.sleep(0.01)
    running.workers[0].kill()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kill", description=__doc__)
    parser.add_argument("--runs", type=int, default=10, help="of each side (%(default)s)")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    logging.getLogger("flowlib").setLevel(logging.WARNING)
    rnd = random.Random(arguments.seed)
    chunk = round(BOX / SECONDS) * THREADS
    print(f"seed {arguments.seed}; executions too many, and how many of them the killed worker had")
    print(f"(target: beyond these at most {chunk} more than raw)")
    print(f"{'killed at':>10} {'flowlib':>8} {'had':>6} {'raw':>8} {'had':>6}")
    told = []
    for _ in range(arguments.runs):
        moment = rnd.uniform(0.02, 0.95)
        mine, raws = (measure(side, moment) for side in (by_flow, by_client_map))
        told.append({"moment": moment, "flowlib": mine, "raw": raws})
        more = (mine["extra"] - mine["lost"]) - (raws["extra"] - raws["lost"])
        print(
            f"{moment:>10.2f} {mine['extra']:>8} {mine['lost']:>6} {raws['extra']:>8} "
            f"{raws['lost']:>6}{'' if more <= chunk else '  MORE'}",
            flush=True,
        )
    print(f"\n{keep('kill', {'seed': arguments.seed, 'extra executions': told})}")


if __name__ == "__main__":
    main()
