"""A cluster that grows from 1 to 4 workers under 400 x 50 ms, beside raw on one like it."""

import argparse
import logging
import time
from typing import Any

import distributed

from benchmarks.timing import HEAD, in_turns, keep, ratio
from flowlib import Flow, task
from flowlib.executors import DaskExecutor

MOST = 1.15
CLUSTER = {"n_workers": 1, "threads_per_worker": 1, "dashboard_address": None}
LIMITS = {"minimum": 1, "maximum": 4}


def slow(number: int) -> str:
    """Where it ran."""
    time.sleep(0.05)
    return distributed.get_worker().address


def different(values: list[str]) -> int:
    return len(set(values))


workers: dict[str, list[int]] = {"flowlib": [], "raw client.map": []}


def by_flow(n: int) -> None:
    with Flow("adaptive") as flow:
        result = task(different)(task(slow).map(list(range(n))))
    executor = DaskExecutor(
        cluster_class=distributed.LocalCluster, cluster_kwargs=CLUSTER, adapt_kwargs=LIMITS
    )
    state = flow.run(executor=executor)
    assert state is not None
    workers["flowlib"].append(state.result[result].result)


def by_client_map(n: int) -> None:
    with distributed.LocalCluster(**CLUSTER, silence_logs=logging.CRITICAL) as cluster:
        cluster.adapt(**LIMITS)
        with distributed.Client(cluster, set_as_default=False) as client:
            places = client.map(slow, range(n), pure=False)
            workers["raw client.map"].append(client.submit(different, places).result())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.adaptive", description=__doc__)
    parser.add_argument("--n", type=int, default=400, help="children (%(default)s)")
    parser.add_argument("--runs", type=int, default=5, help="of each side (%(default)s)")
    arguments = parser.parse_args()
    logging.getLogger("flowlib").setLevel(logging.WARNING)
    sides: dict[str, Any] = {
        "flowlib": lambda: by_flow(arguments.n),
        "raw client.map": lambda: by_client_map(arguments.n),
    }
    series = in_turns(sides, arguments.runs, warm_up=False)
    print(f"\n{arguments.n} x 50 ms, from 1 to 4 workers\n{HEAD}")
    for title, its in series.items():
        print(its.row(), f"  workers used: {workers[title]}")
    mine, raw = series.values()
    print(f"flowlib takes {ratio(mine, raw):.3f} times as long (at most {MOST})")
    kept = {title: its.seconds for title, its in series.items()}
    print(f"\n{keep('adaptive', {'seconds': kept, 'workers': workers})}")


if __name__ == "__main__":
    main()
