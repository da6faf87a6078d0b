"""Many runs while a share of all requests meets a fault, against the same without faults."""

import time

from tests.chaos import oracle
from tests.chaos.crowd import create_runs, crowd, delete_all, may_stay, until_ended
from tests.chaos.mischief import Mischief
from tests.chaos.outcome import Outcome
from tests.chaos.scripts import WITHOUT_STEPS
from tests.chaos.stand import Stand
from tests.e2e.namespaces import fresh_namespace

SHARE = 0.2


def under_faults(count: int, stand: Stand, seed: int) -> Outcome:
    """The same crowd twice."""
    ended = stand.operator.ended_by_itself
    calm, _, problems = _play(count, stand, Mischief())
    wild, faults, found = _play(count, stand, Mischief(seed, SHARE))
    counts = {
        "runs": count,
        "seconds without faults": calm,
        "seconds with faults": wild,
        "faults": sum(faults.values()),
        "Leases lost": stand.operator.ended_by_itself - ended,
        **faults,
    }
    return Outcome(f"{SHARE:.0%} injected faults", counts, (*problems, *found))


def _play(count: int, stand: Stand, mischief: Mischief) -> tuple[float, dict[str, int], list[str]]:
    """Seconds from the first creation to the last end."""
    members = crowd(count, WITHOUT_STEPS)
    patience = 120 + count
    with fresh_namespace("faults") as namespace:
        stand.ready()
        stand.proxy.count_anew(mischief)
        start = time.monotonic()
        create_runs(namespace, [member.body for member in members])
        ends, problems = until_ended(members, namespace, stand.watch, patience)
        seconds = time.monotonic() - start
        problems += oracle.left_over(namespace, may_stay(ends), patience)
        problems += oracle.wrong_children(oracle.made_in(namespace), ends)
        delete_all(namespace)
        problems += oracle.left_over(namespace, set(), patience)
        return seconds, dict(sorted(stand.proxy.faults.items())), problems
