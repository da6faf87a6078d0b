"""Many finished FlowRuns, and what they cost an operator that starts among them."""

import asyncio
import json
import time
from dataclasses import dataclass

from tests.chaos.crowd import RUNS, Client, timed
from tests.chaos.local_operator import LocalOperator
from tests.chaos.simulated import simulated
from tests.e2e.kube import Kubectl
from tests.e2e.namespaces import fresh_namespace
from tests.e2e.runs import manifest
from tests.e2e.watch import Object

IDLE_SECONDS = 60.0
#: The first turn of each, which finds nothing to do, belongs to the start.
SETTLE_CPU_SHARE = 0.05
LONGEST_START_SECONDS = 300.0
ENDED = "2026-11-22T05:00:00Z"


@dataclass(frozen=True)
class Finished:
    """What was measured."""

    runs: int
    empty_start_seconds: float
    empty_bytes: int
    start_seconds: float  # until /readyz
    settled_seconds: float  # until its processor is idle
    idle_cpu_share: float
    bytes: int


def measure(runs: int, operator: LocalOperator) -> Finished:
    """Starts the operator twice: with nothing there, then among so many finished runs."""
    empty_start, _ = _start(operator)
    empty_bytes = operator.memory()
    operator.stop()
    with fresh_namespace("scale-finished") as namespace:
        timed(lambda client: _create(client, namespace, runs))
        ready, settled = _start(operator)
        before = operator.cpu_seconds()
        time.sleep(IDLE_SECONDS)
        share = (operator.cpu_seconds() - before) / IDLE_SECONDS
        found = Finished(runs, empty_start, empty_bytes, ready, settled, share, operator.memory())
        operator.stop()
        Kubectl(namespace)("delete", "flowruns", "--all", "--wait=false", timeout=600)
    Kubectl()("wait", "--for=delete", f"namespace/{namespace}", "--timeout=600s", timeout=610)
    return found


def _start(operator: LocalOperator) -> tuple[float, float]:
    """Seconds until it is ready, and until it has come to rest."""
    start = time.monotonic()
    operator.start()
    operator.until_ready(timeout=LONGEST_START_SECONDS)
    ready = time.monotonic() - start
    while time.monotonic() < start + LONGEST_START_SECONDS:
        before = operator.cpu_seconds()
        time.sleep(1.0)
        if operator.cpu_seconds() - before < SETTLE_CPU_SHARE:
            return ready, time.monotonic() - start - 1.0
    raise AssertionError(f"the operator is not at rest after {LONGEST_START_SECONDS:.0f} s")


async def _create(client: Client, namespace: str, runs: int) -> None:
    path = RUNS.format(namespace=namespace)

    async def one(number: int) -> None:
        made = await client.must("POST", path, manifest(f"run-{number}", simulated("succeeds")))
        body = json.loads(made)
        await client.must("PUT", f"{path}/run-{number}/status", {**body, "status": _status(body)})

    await asyncio.gather(*(one(number) for number in range(runs)))


def _status(body: Object) -> Object:
    """As a run has it that succeeded some time ago."""
    name, uid = body["metadata"]["name"], body["metadata"]["uid"][:5]
    types = {"Valid": "True", "ClusterReady": "False", "Complete": "True", "Finished": "True"}
    return {
        "phase": "Succeeded",
        "observedGeneration": 1,
        "attempt": 1,
        "attempts": [
            {
                "number": 1,
                "startTime": ENDED,
                "endTime": ENDED,
                "clusterName": f"{name}-1-{uid}",
                "clusterUID": body["metadata"]["uid"],
                "runnerPodName": f"{name}-1-{uid}-runner",
                "runnerPodUID": body["metadata"]["uid"],
                "exitCode": 0,
            }
        ],
        "conditions": [
            {"type": each, "status": how, "reason": "Succeeded", "message": "The flow succeeded.",
             "lastTransitionTime": ENDED, "observedGeneration": 1}
            for each, how in types.items()
        ],
        "startTime": ENDED,
        "completionTime": ENDED,
        "tasks": {"total": 301, "pending": 0, "running": 0, "succeeded": 301, "failed": 0,
                  "skipped": 0},
        "workers": {"desired": 1, "ready": 0},
        "summary": {"workers": "0/1", "tasks": "301/301", "duration": "6s"},
        "result": 42,
    }  # fmt: skip
