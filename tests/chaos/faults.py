"""Many runs while a share of all requests meets a fault, against the same without faults.

Team after team: among 1,000 at once dask-kubernetes' operator comes minutes late to every cluster,
and some runs spend their time for the start waiting for it.
"""

import time

from tests.chaos import oracle
from tests.chaos.crowd import create_runs, crowd, delete_all, may_stay, teams, until_ended
from tests.chaos.made import made_in
from tests.chaos.mischief import Mischief
from tests.chaos.outcome import Outcome
from tests.chaos.proxy import Proxy
from tests.chaos.scripts import WITHOUT_STEPS
from tests.chaos.stand import Stand
from tests.e2e.namespaces import fresh_namespace

SHARE = 0.2
#: For a team to end, and for its children to go.
PATIENCE_SECONDS = 300.0


def under_faults(count: int, stand: Stand, seed: int) -> Outcome:
    """The same crowd twice."""
    ended = stand.operator.ended_by_itself
    calm, late_calm, problems = _play(count, stand, Mischief())
    each = requests_of_runs(stand.proxy) / count
    wild, late_wild, found = _play(count, stand, Mischief(seed, SHARE))
    faults = dict(sorted(stand.proxy.faults.items()))
    counts = {
        "runs": count,
        "seconds without faults": calm,
        "seconds with faults": wild,
        "requests a run without faults": each,
        "faults": sum(faults.values()),
        "made by dask-kubernetes after the cluster's end": late_calm + late_wild,
        "Leases lost": stand.operator.ended_by_itself - ended,
        **faults,
    }
    return Outcome(f"{SHARE:.0%} injected faults", counts, (*problems, *found))


def requests_of_runs(proxy: Proxy) -> int:
    """All that passed but watches and what the election asks."""
    return sum(
        times
        for (method, resource), times in proxy.calls.items()
        if method != "WATCH" and resource != "leases"
    )


def _play(count: int, stand: Stand, mischief: Mischief) -> tuple[float, int, list[str]]:
    """Seconds from the first creation to the last end, of all teams; what was made too late."""
    seconds, too_late, problems = 0.0, 0, []
    stand.ready()
    stand.proxy.count_anew(mischief)
    for members in teams(crowd(count, WITHOUT_STEPS)):
        with fresh_namespace("faults") as space:
            start = time.monotonic()
            create_runs(space, [member.body for member in members])
            ends, found = until_ended(members, space, stand.watch, PATIENCE_SECONDS)
            seconds += time.monotonic() - start
            problems += found
            problems += oracle.left_over(space, may_stay(ends), PATIENCE_SECONDS)
            made = made_in(space)
            too_late += made.too_late.total()
            problems += oracle.wrong_children(made.while_wanted, ends)
            delete_all(space)
            problems += oracle.left_over(space, set(), PATIENCE_SECONDS)
    return seconds, too_late, problems
