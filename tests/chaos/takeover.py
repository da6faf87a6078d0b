"""The operator is killed with many runs in flight; the next one goes on with all of them."""

import random
import time
from dataclasses import replace

from tests.chaos import oracle, scripts
from tests.chaos.crowd import create_runs, crowd, delete_all, may_stay, until_ended
from tests.chaos.made import made_in
from tests.chaos.outcome import Outcome
from tests.chaos.simulated import simulated
from tests.chaos.stand import Stand
from tests.e2e.namespaces import fresh_namespace

SLOW = replace(scripts.SUCCESS, spec=simulated("succeeds", after="3s"))


def takeover(count: int, stand: Stand, seed: int, kills: int = 2) -> Outcome:
    """So many kills, at moments drawn by the seed; each time the next operator starts at once."""
    dice = random.Random(seed)
    members = crowd(count, (SLOW, scripts.FAILURE))
    seconds = []
    with fresh_namespace("takeover") as namespace:
        stand.ready()
        create_runs(namespace, [member.body for member in members])
        for _ in range(kills):
            time.sleep(dice.uniform(0.5, 4.0))
            stand.operator.kill()
            stand.proxy.count_anew()
            killed_at = time.monotonic()
            stand.operator.start()
            seconds.append(_until_it_writes(stand, killed_at))
        ends, problems = until_ended(members, namespace, stand.watch, 120 + count)
        problems += oracle.left_over(namespace, may_stay(ends), 120)
        problems += oracle.wrong_children(made_in(namespace).while_wanted, ends)
        delete_all(namespace)
        problems += oracle.left_over(namespace, set(), 120)
    counts = {"runs": count, "kills": kills, "seconds until the next one wrote": max(seconds)}
    return Outcome("takeover", counts, tuple(problems))


def _until_it_writes(stand: Stand, since: float, patience: float = 60.0) -> float:
    while stand.proxy.first_write_at is None:
        assert time.monotonic() < since + patience, "the next operator writes nothing"
        time.sleep(0.05)
    return stand.proxy.first_write_at - since
