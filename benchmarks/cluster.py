"""A Dask cluster of processes on this machine: scheduler and workers apart, as in a real one."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

#: A worker's own process, as in a pod: no nanny, no dashboard.
WORKER = ["-m", "distributed.cli.dask_worker", "--no-nanny", "--no-dashboard"]
SCHEDULER = ["-m", "distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard"]
STARTING = 60.0
#: By the cluster's own distributed: two versions need not understand each other.
WAIT = f"""
import sys, distributed
with distributed.Client(sys.argv[1]) as client:
    client.wait_for_workers(int(sys.argv[2]), timeout={STARTING})
"""


@dataclass(frozen=True)
class Cluster:
    """Where it is, the environment of its processes, and its workers."""

    address: str
    environment: Mapping[str, str]
    workers: Sequence["subprocess.Popen[bytes]"]


@contextmanager
def cluster(
    workers: int = 2,
    threads: int = 1,
    saturation: str = "1.1",
    log_level: str = "INFO",
    python: str = sys.executable,
    settings: Mapping[str, str] | None = None,
) -> Iterator[Cluster]:
    """Runs until the block is left.

    saturation is the scheduler's worker-saturation, log_level flowlib's on the workers.
    python is whose distributed runs it; settings are environment variables before all others.
    """
    environment = {
        **os.environ,
        "DASK_DISTRIBUTED__SCHEDULER__WORKER_SATURATION": saturation,
        "FLOWLIB__LOGGING__LEVEL": log_level,
        "PYTHONPATH": os.pathsep.join(path for path in [os.getcwd(), *sys.path] if path),
        **(settings or {}),
    }
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        place = Path(folder) / "scheduler.json"

        def start(*arguments: str) -> "subprocess.Popen[bytes]":
            command = [python, *arguments, "--scheduler-file", str(place)]
            log = stack.enter_context((Path(folder) / "log").open("ab"))
            process = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
            stack.callback(process.wait)
            stack.callback(process.kill)
            return process

        start(*SCHEDULER)
        made = [start(*WORKER, "--nthreads", str(threads)) for _ in range(workers)]
        address = _address(place)
        wait = [python, "-c", WAIT, address, str(workers)]
        subprocess.run(wait, env=environment, cwd=folder, check=True, timeout=2 * STARTING)
        yield Cluster(address, environment, made)


def _address(place: Path) -> str:
    until = time.monotonic() + STARTING
    while time.monotonic() < until:
        try:
            return str(json.loads(place.read_text())["address"])
        except (OSError, ValueError):
            time.sleep(0.05)
    raise TimeoutError("the scheduler did not start")
