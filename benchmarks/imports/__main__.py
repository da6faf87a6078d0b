"""How long ``import flowlib`` takes, beside ``import distributed``, each in its own process."""

import subprocess
import sys
from functools import partial

from benchmarks.timing import HEAD, in_turns, keep, ratio

MOST = 0.5
NEVER = ("distributed", "kopf", "kubernetes")


def imported(name: str) -> float:
    """Seconds of the import alone."""
    code = (
        "import time; began = time.perf_counter();"
        f"import {name}; seconds = time.perf_counter() - began;"
        f"import sys; print(seconds, *[its for its in {NEVER} if its in sys.modules])"
    )
    seconds, *others = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True
    ).stdout.split()
    assert name != "flowlib" or not others, f"import flowlib imports {others}"
    return float(seconds)


def main() -> None:
    names = ("flowlib", "distributed")
    series = in_turns({f"import {name}": partial(imported, name) for name in names}, 11)
    print(HEAD)
    for its in series.values():
        print(its.row())
    mine, theirs = series.values()
    print(f"flowlib takes {ratio(mine, theirs):.2f} times as long (at most {MOST})")
    print(f"\n{keep('imports', {title: its.seconds for title, its in series.items()})}")


if __name__ == "__main__":
    main()
