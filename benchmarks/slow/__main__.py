"""Slow and uneven children, beside raw ``client.map`` at both usual worker-saturations.

Bodies sleep, so that only what is given out when matters. Each shape is a map and a sum; the
diamonds are two maps, a third over both, and a sum.
"""

import argparse
import logging
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

import distributed

from benchmarks.cluster import cluster
from benchmarks.timing import HEAD, in_turns, keep, ratio
from flowlib import Flow, task
from flowlib.executors import DaskExecutor


@dataclass(frozen=True)
class Shape:
    """So many children; how long each sleeps."""

    seconds: list[float]
    diamond: bool = False
    most: float = 1.05


SHAPES = {
    "200 x 50 ms": Shape([0.05] * 200),
    "1,000 x 5 ms": Shape([0.005] * 1_000),
    "10 x 1 s": Shape([1.0] * 10),
    "skewed: 1 in 100 takes 1 s": Shape([1.0 if i % 100 == 50 else 0.01 for i in range(400)]),
    "cliff: 2,000 x 0, 20 x 0.5 s": Shape([0.0] * 2_000 + [0.5] * 20),
    "diamond, n=40, 50 ms": Shape([0.05] * 40, diamond=True),
    "diamond, n=2, 50 ms": Shape([0.05] * 2, diamond=True, most=1.10),
}


def one(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def other(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def both(x: float, y: float) -> float:
    time.sleep(x)
    return x + y


def total(values: list[float]) -> float:
    return sum(values)


def by_flow(address: str, shape: Shape) -> None:
    with Flow("slow") as flow:
        last = task(one).map(shape.seconds)
        if shape.diamond:
            last = task(both).map(last, task(other).map(shape.seconds))
        result = task(total)(last)
    state = flow.run(executor=DaskExecutor(address))
    assert state is not None
    _check(shape, state.result[result].result)


def by_client_map(address: str, shape: Shape) -> None:
    with distributed.Client(address, set_as_default=False) as client:
        last = client.map(one, shape.seconds, pure=False)
        if shape.diamond:
            last = client.map(both, last, client.map(other, shape.seconds, pure=False), pure=False)
        _check(shape, client.submit(total, last, pure=False).result())


def _check(shape: Shape, answer: Any) -> None:
    wanted = sum(shape.seconds) * (2 if shape.diamond else 1)
    assert abs(answer - wanted) < 1e-6, answer


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.slow", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="of each side (%(default)s)")
    parser.add_argument("--shapes", nargs="+", default=list(SHAPES), help="by how they begin")
    arguments = parser.parse_args()
    logging.getLogger("flowlib").setLevel(logging.WARNING)
    kept: dict[str, Any] = {}
    with ExitStack() as stack:
        usual, inf = (
            stack.enter_context(cluster(saturation=saturation)).address
            for saturation in ("1.1", "inf")
        )
        for name, shape in SHAPES.items():
            if not name.startswith(tuple(arguments.shapes)):
                continue
            sides: dict[str, Callable[[], Any]] = {
                "flowlib": partial(by_flow, usual, shape),
                "raw, worker-saturation 1.1": partial(by_client_map, usual, shape),
                "raw, worker-saturation inf": partial(by_client_map, inf, shape),
            }
            series = in_turns(sides, arguments.runs, warm_up=name == next(iter(SHAPES)))
            print(f"\n{name}\n{HEAD}")
            for its in series.values():
                print(its.row())
            mine, *raw = series.values()
            times = ratio(mine, min(raw, key=lambda its: its.median))
            print(
                f"flowlib takes {times:.3f} times as long as the faster raw (at most {shape.most})"
            )
            kept[name] = {title: its.seconds for title, its in series.items()}
    print(f"\n{keep('slow', kept)}")


if __name__ == "__main__":
    main()
