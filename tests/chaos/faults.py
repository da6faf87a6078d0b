"""Many runs while a share of all requests meets a fault, against the same without faults."""

import time
from contextlib import ExitStack

from tests.chaos import oracle
from tests.chaos.crowd import create_runs, crowd, delete_all, may_stay, teams, until_ended
from tests.chaos.mischief import Mischief
from tests.chaos.outcome import Outcome
from tests.chaos.proxy import Proxy
from tests.chaos.scripts import WITHOUT_STEPS
from tests.chaos.stand import Stand
from tests.e2e.namespaces import fresh_namespace

SHARE = 0.2


def under_faults(count: int, stand: Stand, seed: int) -> Outcome:
    """The same crowd twice."""
    ended = stand.operator.ended_by_itself
    calm, problems = _play(count, stand, Mischief())
    each = requests_of_runs(stand.proxy) / count
    wild, found = _play(count, stand, Mischief(seed, SHARE))
    faults = dict(sorted(stand.proxy.faults.items()))
    counts = {
        "runs": count,
        "seconds without faults": calm,
        "seconds with faults": wild,
        "requests a run without faults": each,
        "faults": sum(faults.values()),
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


def _play(count: int, stand: Stand, mischief: Mischief) -> tuple[float, list[str]]:
    """Seconds from the first creation to the last end."""
    groups = teams(crowd(count, WITHOUT_STEPS))
    patience = 120 + 2 * count  # dask-kubernetes needs most of a second for a cluster
    problems: list[str] = []
    with ExitStack() as stack:
        spaces = [stack.enter_context(fresh_namespace("faults")) for _ in groups]
        stand.ready()
        stand.proxy.count_anew(mischief)
        start = time.monotonic()
        for space, members in zip(spaces, groups, strict=True):
            create_runs(space, [member.body for member in members])
        ends = {}
        for space, members in zip(spaces, groups, strict=True):
            left = start + patience - time.monotonic()
            ends[space], found = until_ended(members, space, stand.watch, left)
            problems += found
        seconds = time.monotonic() - start
        for space in spaces:
            problems += oracle.left_over(space, may_stay(ends[space]), patience)
            problems += oracle.wrong_children(oracle.made_in(space), ends[space])
            delete_all(space)
        for space in spaces:
            problems += oracle.left_over(space, set(), patience)
    return seconds, problems
