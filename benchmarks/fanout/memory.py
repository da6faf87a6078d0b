"""How much the runner's memory grows by a diamond, for each child: in a process of its own."""

import argparse
import json
import logging
import resource
import subprocess
import sys
from typing import Any

from benchmarks.fanout import sides
from flowlib.executors import DaskExecutor


def per_child(address: str, n: int) -> float:
    """Bytes at the highest, over what a small diamond took."""
    told = subprocess.run(
        [sys.executable, "-m", "benchmarks.fanout.memory", address, str(n)],
        stdout=subprocess.PIPE,
        check=True,
    ).stdout
    return float(json.loads(told))


def main() -> None:
    """Prints the bytes a child."""
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("n", type=int)
    arguments = parser.parse_args()
    logging.getLogger("flowlib").setLevel(logging.WARNING)
    numbers = list(range(arguments.n))
    run(arguments.address, numbers[:1_000])
    before = _peak()
    states = run(arguments.address, numbers)  # as somebody would keep it
    print(json.dumps((_peak() - before) / (3 * arguments.n)))
    del states


def run(address: str, numbers: list[int]) -> Any:
    """The final state of a diamond."""
    flow, _ = sides.diamond(numbers)
    return flow.run(executor=DaskExecutor(address))


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1_024


if __name__ == "__main__":
    main()
