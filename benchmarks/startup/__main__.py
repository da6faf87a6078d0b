"""Apply to created, and apply to result, of a FlowRun and of a DaskJob with the same work.

The runs alternate, and the kind that begins alternates too, so that neither is favoured by what
the machine does meanwhile. The first pair warms up and is not counted.
"""

import argparse
import json
import statistics
import sys
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

from benchmarks.startup.manifests import daskjob, flowrun
from benchmarks.startup.measure import Peer, Times, measure
from tests.e2e.kube import ROOT
from tests.e2e.release import Release
from tests.e2e.runs import finished, phase, status
from tests.e2e.watch import Watch

FLOWRUN = Peer(
    "FlowRun",
    "flowruns",
    flowrun,
    ended=finished,
    succeeded=lambda seen: (phase(seen), status(seen).get("result")) == ("Succeeded", 9900),
)
DASKJOB = Peer(
    "DaskJob",
    "daskjobs",
    daskjob,
    ended=lambda seen: status(seen).get("jobStatus") in ("Successful", "Failed"),
    succeeded=lambda seen: status(seen)["jobStatus"] == "Successful",
)
LISTS = {
    "FlowRun": "/apis/flowrun.dev/v1alpha1/flowruns",
    "DaskJob": "/apis/kubernetes.dask.org/v1/daskjobs",
}
TARGETS = {"created": 1.2, "result": 1.1}  # FlowRun's median, in medians of DaskJob


def main() -> int:
    """Returns 0 when both ratios are within their targets, else 1."""
    parser = argparse.ArgumentParser(prog="python3 -m benchmarks.startup", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="of each kind (%(default)s)")
    parser.add_argument("--json", type=Path, default=ROOT / "build/benchmarks/startup.json")
    arguments = parser.parse_args()
    times = compare(arguments.runs)
    ratios = {
        what: median(times["FlowRun"], what) / median(times["DaskJob"], what) for what in TARGETS
    }
    show(times, ratios)
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    raw = {title: [asdict(each) for each in measured] for title, measured in times.items()}
    arguments.json.write_text(json.dumps({"seconds": raw, "ratios": ratios}, indent=1) + "\n")
    return 0 if all(ratios[what] <= target for what, target in TARGETS.items()) else 1


def compare(runs: int) -> dict[str, list[Times]]:
    """All measured times, by kind."""
    image = Release().runtime_image()
    times: dict[str, list[Times]] = {"FlowRun": [], "DaskJob": []}
    with ExitStack() as stack:
        watches = {title: stack.enter_context(Watch(path)) for title, path in LISTS.items()}
        for number in range(runs + 1):
            for peer in (FLOWRUN, DASKJOB) if number % 2 else (DASKJOB, FLOWRUN):
                one = measure(peer, image, watches[peer.title])
                label = f"{number}/{runs}" if number else "warm-up"
                print(f"{label:>8} {peer.title}  {one.created:6.2f} {one.result:6.2f}", flush=True)
                if number:
                    times[peer.title].append(one)
    return times


def median(measured: list[Times], what: str) -> float:
    """The median of one of the two times."""
    return float(statistics.median(getattr(each, what) for each in measured))


def show(times: dict[str, list[Times]], ratios: dict[str, float]) -> None:
    """The table."""
    print(f"\n{'seconds from apply to':<22} {'kind':<8} {'min':>6} {'median':>7} {'max':>6}")
    for what, target in TARGETS.items():
        for title, measured in times.items():
            values = [getattr(each, what) for each in measured]
            middle = statistics.median(values)
            print(f"{what:<22} {title:<8} {min(values):6.2f} {middle:7.2f} {max(values):6.2f}")
        print(f"{'':<22} ratio of the medians {ratios[what]:.2f} (target: at most {target})")


if __name__ == "__main__":
    sys.exit(main())
