"""The replica that acts is killed with real runs in flight; the one that stood by goes on.

python3 -m tests.chaos.replicas [--runs N]
"""

import argparse
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime

from tests.chaos.operator_process import kill_operator
from tests.chaos.outcome import Outcome
from tests.chaos.rounds import FLOW, wrongs
from tests.e2e import audit
from tests.e2e.leftovers import settle
from tests.e2e.namespaces import RESTRICTED, fresh_namespace
from tests.e2e.release import OPERATOR, Release
from tests.e2e.runs import FLOWRUNS, Run, apply_run
from tests.e2e.specs import spec
from tests.e2e.story import NAME, kept
from tests.e2e.watch import Watch

WRITES = {"create", "update", "patch", "delete"}
#: Seconds between two runs: the kill meets them in different phases.
APART = 2.0


def replicas(count: int, release: Release, watch: Watch) -> Outcome:
    """Each run in a namespace of its own; the kill comes when the first of them runs."""
    release.until_ready()
    with ExitStack() as stack:
        names = [f"replicas-{number}" for number in range(1, count + 1)]
        spaces = [stack.enter_context(fresh_namespace(name, RESTRICTED)) for name in names]
        runs = []
        for space in spaces:
            runs.append(apply_run(space, NAME, spec(FLOW), watch))
            time.sleep(APART)
        runs[0].until_phase("Running")
        met = [run.phases[-1] for run in runs if run.phases]
        killed = kill_operator(release)
        killed_at, since = datetime.now(UTC), time.monotonic()
        while (leader := release.leader()) is None or leader["metadata"]["name"] == killed:
            assert time.monotonic() < since + 60, f"nobody took over from {killed}"
            time.sleep(0.05)
        held = time.monotonic() - since
        with ThreadPoolExecutor(count) as pool:
            found = [problem for each in pool.map(_problems, runs) for problem in each]
        wrote = min(
            (each.at for space in spaces for each in _writes(space, killed_at)), default=None
        )
    counts: dict[str, float | int | str] = {
        "runs": count,
        "met": " ".join(met),
        "seconds until the other held the Lease": held,
        "seconds until it wrote": (wrote - killed_at).total_seconds() if wrote else "never",
    }
    return Outcome("takeover by the other replica", counts, tuple(found))


def _problems(run: Run) -> tuple[str, ...]:
    end = run.until_finished(timeout=180)
    wanted = kept(end, has_children=True, runner_stays=True)
    left = settle(run.namespace, wanted, timeout=90)
    return (
        *wrongs(run, end),
        *(f"left over or gone too early: {name}" for name in sorted(left ^ wanted)),
    )


def _writes(namespace: str, since: datetime) -> list[audit.Request]:
    """What an operator of ours wrote after that moment."""
    return [
        each
        for each in audit.requests(namespace)
        if each.at > since and each.user.endswith(f":{OPERATOR}") and each.verb in WRITES
    ]


def main() -> int:
    """Returns 0 when all went right, else 1."""
    parser = argparse.ArgumentParser(prog="python3 -m tests.chaos.replicas", description=__doc__)
    parser.add_argument("--runs", type=int, default=4, help="how many (%(default)s)")
    arguments = parser.parse_args()
    with Watch(FLOWRUNS) as watch:
        outcome = replicas(arguments.runs, Release(), watch)
    print(outcome)
    return 1 if outcome.problems else 0


if __name__ == "__main__":
    sys.exit(main())
