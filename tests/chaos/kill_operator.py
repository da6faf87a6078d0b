"""The operator is killed at random moments of runs; every run must end right all the same.

At a random moment of each run the operator's process gets SIGKILL on the node, and its pod is
deleted. Nothing may have been created twice by the API server's audit log, nothing may be left.
"""

import argparse
import secrets
import sys

from tests.chaos.rounds import play
from tests.e2e.release import Release
from tests.e2e.runs import FLOWRUNS
from tests.e2e.watch import Watch


def main() -> int:
    """Returns 0 when every round ended right, else 1."""
    parser = argparse.ArgumentParser(
        prog="python3 -m tests.chaos.kill_operator", description=__doc__
    )
    parser.add_argument("--runs", type=int, default=20, help="how many (%(default)s)")
    parser.add_argument("--seed", type=int, help="gives the same moments again")
    arguments = parser.parse_args()
    seed = secrets.randbelow(1_000_000) if arguments.seed is None else arguments.seed
    print(f"seed {seed}", flush=True)
    bad = 0
    with Watch(FLOWRUNS) as watch:
        for round_ in play(arguments.runs, seed, Release(), watch):
            print(round_, flush=True)
            bad += bool(round_.problems)
    print(f"{arguments.runs - bad} of {arguments.runs} ended right (seed {seed})")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
