"""FlowRuns deleted or cancelled at random moments; nothing of any of them may be left."""

import asyncio
import random
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from tests.chaos import oracle
from tests.chaos.crowd import RUNS, Client, delete_all, timed
from tests.chaos.local_operator import deployment_away
from tests.chaos.outcome import Outcome
from tests.chaos.simulated import simulated
from tests.chaos.stand import Stand
from tests.e2e.namespaces import fresh_namespace
from tests.e2e.release import DASK_OPERATOR, DASK_OPERATOR_PODS
from tests.e2e.runs import Run, manifest
from tests.e2e.watch import WatchTimeout

MERGE_PATCH = "application/merge-patch+json"
#: From before anything is made of a run to after its end.
LATEST_SECONDS = 5.0
DOWN_SECONDS = 30.0
PATIENCE_SECONDS = 180.0


def deletions(count: int, stand: Stand, seed: int) -> Outcome:
    """Half of them with dask-kubernetes' operator down for the first half minute."""
    half = count // 2
    problems = _play(half, stand, seed, down=False)
    problems += _play(count - half, stand, seed + 1, down=True)
    counts = {"runs": count, "with dask-kubernetes down": count - half, "left over": len(problems)}
    return Outcome("random deletions and cancels", counts, tuple(problems))


def _play(count: int, stand: Stand, seed: int, *, down: bool) -> list[str]:
    dice = random.Random(seed)
    fates = [
        (f"run-{number}", dice.choice(("succeeds", "fails", "stays")), dice.random() < 0.5,
         dice.uniform(0, LATEST_SECONDS))
        for number in range(count)
    ]  # fmt: skip
    away: AbstractContextManager[Any] = nullcontext()
    if down:
        away = deployment_away(stand.release, DASK_OPERATOR, DASK_OPERATOR_PODS)
    with fresh_namespace("deletions") as namespace:
        stand.ready()

        async def meet(client: Client, name: str, ending: Any, cancel: bool, moment: float) -> None:
            path = RUNS.format(namespace=namespace)
            await client.must("POST", path, manifest(name, simulated(ending)))
            await asyncio.sleep(moment)
            if cancel:
                change = {"spec": {"cancel": True}}
                await client.must("PATCH", f"{path}/{name}", change, kind=MERGE_PATCH)
            else:
                await client.must("DELETE", f"{path}/{name}")

        async def all_of_them(client: Client) -> None:
            await asyncio.gather(*(meet(client, *fate) for fate in fates))

        start = time.monotonic()
        with away:
            timed(all_of_them)
            if down:
                time.sleep(max(0.0, start + DOWN_SECONDS - time.monotonic()))
        cancelled = [name for name, _, cancel, _ in fates if cancel]
        problems = [*_not_ended(cancelled, namespace, stand)]
        delete_all(namespace)
        problems += oracle.left_over(namespace, set(), PATIENCE_SECONDS)
    return problems


def _not_ended(cancelled: Iterable[str], namespace: str, stand: Stand) -> Iterator[str]:
    """They come to their end by themselves."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    for name in cancelled:
        run = Run(namespace, name, stand.watch)
        try:
            run.until_finished(max(0.1, deadline - time.monotonic()))
        except WatchTimeout:
            yield f"{name}: cancelled, but {run.phases[-1:]}"
