"""A Dask cluster of processes on this machine: scheduler and workers apart, as in a real one."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

#: A worker's own process, as in a pod: no nanny, no dashboard.
WORKER = ["-m", "distributed.cli.dask_worker", "--no-nanny", "--no-dashboard"]
SCHEDULER = ["-m", "distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard"]
STARTING = 30.0


@dataclass(frozen=True)
class Cluster:
    """Where it is, and its workers' processes."""

    address: str
    workers: Sequence["subprocess.Popen[bytes]"]


@contextmanager
def cluster(
    workers: int = 2, threads: int = 1, saturation: str = "1.1", log_level: str = "INFO"
) -> Iterator[Cluster]:
    """Runs until the block is left.

    saturation is the scheduler's worker-saturation, log_level flowlib's on the workers.
    """
    environment = {
        **os.environ,
        "DASK_DISTRIBUTED__SCHEDULER__WORKER_SATURATION": saturation,
        "FLOWLIB__LOGGING__LEVEL": log_level,
        "PYTHONPATH": os.pathsep.join(path for path in [os.getcwd(), *sys.path] if path),
    }
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        place = Path(folder) / "scheduler.json"

        def start(*arguments: str) -> "subprocess.Popen[bytes]":
            command = [sys.executable, *arguments, "--scheduler-file", str(place)]
            log = stack.enter_context((Path(folder) / "log").open("ab"))
            process = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
            stack.callback(process.wait)
            stack.callback(process.kill)
            return process

        start(*SCHEDULER)
        made = [start(*WORKER, "--nthreads", str(threads)) for _ in range(workers)]
        address = _address(place)
        _wait(address, workers)
        yield Cluster(address, made)


def _address(place: Path) -> str:
    until = time.monotonic() + STARTING
    while time.monotonic() < until:
        try:
            return str(json.loads(place.read_text())["address"])
        except (OSError, ValueError):
            time.sleep(0.05)
    raise TimeoutError("the scheduler did not start")


def _wait(address: str, workers: int) -> None:
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(workers, timeout=STARTING)
