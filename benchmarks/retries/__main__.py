"""100,000 children of which 5 % fail once, beside the same children without a failure.

Every child's number of attempts is checked. The sides differ in nothing but the numbers they are
given; the last one on workers that write no log, since each failure is a line with a traceback.
"""

import argparse
import datetime
import logging
from collections import Counter
from functools import partial
from typing import Any

from benchmarks.cluster import cluster
from benchmarks.timing import HEAD, in_turns, keep, ratio
from flowlib import Flow, context, task
from flowlib.executors import DaskExecutor

#: One number in so many is flaky.
EACH = 20


@task(max_retries=1, retry_delay=datetime.timedelta(0))
def flaky(x: int) -> int:
    if x < 0 and context["task_run_count"] == 1:
        raise ValueError(x)
    return abs(x)


@task
def inc(x: int) -> int:
    return x + 1


@task
def total(values: list[int]) -> int:
    return sum(values)


def run(address: str, numbers: list[int]) -> None:
    with Flow("retries") as flow:
        tried = flaky.map(numbers)
        result = total(inc.map(tried))
    state = flow.run(executor=DaskExecutor(address))
    assert state is not None
    assert state.result[result].result == sum(map(abs, numbers)) + len(numbers)
    checked.append((state.result[tried], numbers))


checked: list[tuple[Any, list[int]]] = []


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.retries", description=__doc__)
    parser.add_argument("--n", type=int, default=100_000, help="children (%(default)s)")
    parser.add_argument("--runs", type=int, default=5, help="of each side (%(default)s)")
    arguments = parser.parse_args()
    logging.getLogger("flowlib").setLevel(logging.CRITICAL)
    n = arguments.n
    sound = list(range(1, n + 1))
    some = [-number if number % EACH == 0 else number for number in sound]
    with cluster() as running, cluster(log_level="CRITICAL") as quiet:
        sides = {
            "no failure": partial(run, running.address, sound),
            "5 % fail once": partial(run, running.address, some),
            "5 % fail once, and are not logged": partial(run, quiet.address, some),
        }
        series = in_turns(sides, arguments.runs)
    for state, numbers in checked:
        attempts = [child.attempts for child in state.map_states]
        assert attempts == [2 if number < 0 else 1 for number in numbers], Counter(attempts)
    print(f"\n{n:,} children, then as many that follow, and a sum\n{HEAD}")
    for its in series.values():
        print(its.row())
    none, *others = series.values()
    print("attempts are exact; in times of no failure:")
    for its in others:
        print(f"{its.title}: {ratio(its, none):.2f}")
    print(f"\n{keep('retries', {title: its.seconds for title, its in series.items()})}")


if __name__ == "__main__":
    main()
