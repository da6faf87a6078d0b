"""1,000 FlowRuns at once against a bare script, and against as many DaskJobs; 10,000 finished ones.

Each part is bounded, leaves nothing behind, and can be left out by a count of 0.
"""

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import yaml

from benchmarks.scale import at_once, dask_jobs, finished
from benchmarks.scale.at_once import AtOnce
from benchmarks.scale.dask_jobs import BesideDaskJobs
from benchmarks.scale.finished import Finished
from benchmarks.timing import HEAD
from hack.kind import paths
from tests.chaos.local_operator import (
    LocalOperator,
    deployment_away,
    operator_away,
    service_account,
)
from tests.chaos.simulated import simulated_nodes
from tests.e2e.kube import ROOT, cluster_environment
from tests.e2e.release import DASK_OPERATOR, DASK_OPERATOR_PODS, OPERATOR, Release

MEGABYTE = 1e6
RATE, GROWTH, IDLE_CPU, START = 0.8, 100 * MEGABYTE, 0.01, 30.0  # the targets


def main() -> int:
    """Returns 0 when all targets are met, else 1."""
    parser = argparse.ArgumentParser(prog="python3 -m benchmarks.scale", description=__doc__)
    parser.add_argument("--runs", type=int, default=1000, help="at once (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="of these (%(default)s)")
    parser.add_argument("--jobs", type=int, default=1000, help="beside DaskJobs (%(default)s)")
    parser.add_argument("--finished", type=int, default=10_000, help="finished ones (%(default)s)")
    parser.add_argument("--json", type=Path, default=ROOT / "build/benchmarks/scale.json")
    arguments = parser.parse_args()
    release, measured, met = Release(), {}, []
    with tempfile.TemporaryDirectory() as folder, operator_away(release):
        kubeconfig = own_kubeconfig(release, Path(folder))
        operator = LocalOperator(release, kubeconfig, log_file())
        try:
            if arguments.runs:
                with deployment_away(release, DASK_OPERATOR, DASK_OPERATOR_PODS), simulated_nodes():
                    account = service_account(release)
                    one = at_once.measure(
                        arguments.runs, arguments.rounds, operator, account, kubeconfig
                    )
                    measured["at once"] = {**asdict(one), "ratio": one.ratio}
                    met += show_at_once(one)
            if arguments.jobs:
                with simulated_nodes():
                    both = dask_jobs.measure(arguments.jobs, operator)
                measured["beside DaskJobs"] = asdict(both)
                show_beside(both)
            if arguments.finished:
                many = finished.measure(arguments.finished, operator)
                measured["finished"] = asdict(many)
                met += show_finished(many)
        finally:
            operator.stop()
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps(measured, indent=1) + "\n")
    return 0 if all(met) else 1


def own_kubeconfig(release: Release, folder: Path) -> Path:
    """With a token of the operator's ServiceAccount: its rights, and its name in the audit log."""
    config = yaml.safe_load(Path(cluster_environment()["KUBECONFIG"]).read_text())
    account = service_account(release).rpartition(":")[2]
    token = release.kubectl("create", "token", account, "--duration=2h").stdout.strip()
    config["users"][0]["user"] = {"token": token}
    file = folder / OPERATOR
    file.write_text(yaml.safe_dump(config))
    os.chmod(file, 0o600)
    return file


def log_file() -> Path:
    """Of this run of the benchmark alone."""
    log = paths.LOGS / "scale-operator.log"
    log.unlink(missing_ok=True)
    return log


def show_at_once(one: AtOnce) -> list[bool]:
    """The table; which targets are met."""
    print(f"\n{one.runs} FlowRuns at once, dask-kubernetes at 0 replicas")
    print(f"  {HEAD}{'runs/s':>11}")
    for side in (one.operator, one.made, one.script, one.creates):
        print(f"  {side.row()}{one.runs / side.median:>11.1f}")
    growth = one.peak_bytes - one.idle_bytes
    idle, above = one.idle_bytes / MEGABYTE, growth / MEGABYTE
    print(f"  operator against the same calls {one.ratio:.2f} (target: at least {RATE})")
    print(
        f"  memory idle {idle:.0f} MB, at most {above:.0f} above (target: {GROWTH / MEGABYTE:.0f})"
    )
    print(f"  {sum(one.calls.values()) / one.runs:.1f} API calls a run:")
    for call, times in one.calls.items():
        print(f"    {call:<30} {times / one.runs:6.2f}")
    return [one.ratio >= RATE, growth <= GROWTH]


def show_beside(both: BesideDaskJobs) -> None:
    """The table; there is no target."""
    print(f"\n{both.runs} FlowRuns, and as many DaskJobs, dask-kubernetes at work: seconds until")
    print(f"  {'':<12}{'applied':>10}{'cluster, runner':>18}{'all of Dask':>14}")
    for who, seconds in (("FlowRuns", both.flowruns), ("DaskJobs", both.daskjobs)):
        print(f"  {who:<12}{seconds.asked:>10.1f}{seconds.own:>18.1f}{seconds.everything:>14.1f}")


def show_finished(many: Finished) -> list[bool]:
    """The table; which targets are met."""
    none = f"{many.empty_start_seconds:.1f} s with none"
    print(f"\n{many.runs} finished FlowRuns")
    print(f"  ready after {many.start_seconds:.1f} s (target: {START:.0f}; {none})")
    print(f"  at rest after {many.settled_seconds:.1f} s")
    print(f"  idle CPU {many.idle_cpu_share:.2%} (target: {IDLE_CPU:.0%})")
    print(f"  memory {many.bytes / MEGABYTE:.0f} MB, {many.empty_bytes / MEGABYTE:.0f} with none")
    return [many.start_seconds <= START, many.idle_cpu_share <= IDLE_CPU]


if __name__ == "__main__":
    sys.exit(main())
