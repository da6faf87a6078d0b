"""All scenarios at their full counts: python3 -m tests.chaos [--seed N] [--runs N] [SCENARIO...]"""

import argparse
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.chaos.deletions import deletions
from tests.chaos.faults import under_faults
from tests.chaos.kill_every_write import kill_every_write_of
from tests.chaos.node_gone import node_gone
from tests.chaos.outcome import Outcome, write_json
from tests.chaos.overlap import overlap
from tests.chaos.scripts import WRITTEN
from tests.chaos.stand import Stand, stand
from tests.chaos.takeover import takeover
from tests.e2e.kube import ROOT

#: What each does, and with how many runs where nobody says another number.
SCENARIOS: dict[str, tuple[Callable[[int, Stand, int], Iterator[Outcome]], int]] = {
    "kill": (lambda _, on, seed: kill_every_write_of(WRITTEN, on, seed), 0),
    "node": (lambda _, on, __: iter([node_gone(on)]), 0),
    "faults": (lambda runs, on, seed: iter([under_faults(runs, on, seed)]), 1000),
    "takeover": (lambda runs, on, seed: iter([takeover(runs, on, seed)]), 50),
    "overlap": (lambda runs, on, _: iter([overlap(runs, 3, on)]), 50),
    "deletions": (lambda runs, on, seed: iter([deletions(runs, on, seed)]), 200),
}


def main() -> int:
    """Returns 0 when no scenario found a problem, else 1."""
    parser = argparse.ArgumentParser(prog="python3 -m tests.chaos", description=__doc__)
    parser.add_argument("scenario", nargs="*", help=f"of {', '.join(SCENARIOS)}; default: all")
    parser.add_argument("--seed", type=int, help="gives the same draws again")
    parser.add_argument(
        "--runs", type=int, help="in each of them, but for kill and node (the full counts)"
    )
    parser.add_argument("--json", type=Path, default=ROOT / "build/chaos.json")
    arguments = parser.parse_args()
    unknown = set(arguments.scenario) - set(SCENARIOS)
    if unknown:
        parser.error(f"no scenario: {', '.join(sorted(unknown))}")
    seed = secrets.randbelow(1_000_000) if arguments.seed is None else arguments.seed
    print(f"seed {seed}", flush=True)
    outcomes: list[Outcome] = []
    with stand() as on:
        for name in arguments.scenario or SCENARIOS:
            start = time.monotonic()
            play, runs = SCENARIOS[name]
            for outcome in play(arguments.runs or runs, on, seed):
                outcomes.append(outcome)
                print(outcome, flush=True)
            print(f"  {name}: {time.monotonic() - start:.0f} s", flush=True)
    write_json(outcomes, seed, arguments.json)
    bad = sum(bool(outcome.problems) for outcome in outcomes)
    print(f"{len(outcomes) - bad} of {len(outcomes)} scenarios all right (seed {seed})")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
