"""Many FlowRuns at once, and a bare script that sends the same calls.

dask-kubernetes is away, so that only what the operator itself does is measured. The FlowRuns are
there before the operator starts: they reach it in one moment. Its calls are read from the API
server's audit log; the script, which finds its FlowRuns made as well, sends as many of each, run by
run, with the same client library, the same rights and the same number of runs under way.
"""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchmarks.scale.replay import CHILDREN, Calls, Patterns, Replay
from benchmarks.timing import Series, ratio
from tests.chaos.crowd import Client, create_runs, timed
from tests.chaos.local_operator import LocalOperator
from tests.chaos.simulated import simulated
from tests.e2e import audit
from tests.e2e.kube import Kubectl
from tests.e2e.namespaces import fresh_namespace
from tests.e2e.runs import manifest
from tests.e2e.watch import Object

#: As main.TURNS_AT_ONCE.
AT_ONCE = 32
SETTLE_SECONDS = 3.0
PATIENCE_SECONDS = 600.0
WATCHING = ("list", "watch")  # of whole kinds: not of a run


@dataclass(frozen=True)
class AtOnce:
    """What was measured: operator and script once a round, creates alone once."""

    runs: int
    operator: Series  # from its first call to the answer of its last
    made: Series  # from its first call to the answer of its last create but of Events
    script: Series
    creates: Series
    calls: Mapping[str, int]  # of the last round
    idle_bytes: int
    peak_bytes: int  # of all rounds

    @property
    def ratio(self) -> float:
        """The operator's rate in rates of the script, by the medians."""
        return ratio(self.script, self.operator)


def measure(runs: int, rounds: int, operator: LocalOperator, user: str, kubeconfig: Path) -> AtOnce:
    """One after the other, each in a namespace that is gone before the next.

    ``kubeconfig`` is the operator's: an administrator's calls are not authorized one by one.
    """
    operator.start()
    operator.until_ready()
    time.sleep(SETTLE_SECONDS)
    idle = operator.memory()
    operator.stop()
    spec = simulated("stays")
    bodies = [manifest(f"run-{number}", spec) for number in range(runs)]
    acting, made = Series("operator"), Series("  until its last child is made")
    script, creates = Series("bare script, the same calls"), Series("bare script, creates alone")
    peaks: list[int] = []
    for _ in range(rounds):
        with fresh_namespace("scale-operator") as namespace:
            create_runs(namespace, bodies)
            operator.start()
            operator.until_ready()
            _until_all_started(operator, namespace, runs)
            requests = audit.requests(namespace)
            calls, seconds = read_calls(requests, user)
            acting.seconds.append(seconds)
            made.seconds.append(read_calls(until_made(requests), user)[1])
            patterns = _patterns(namespace)
            peaks.append(operator.peak_memory())
        _until_gone(namespace)
        operator.stop()
        script.seconds.append(_replayed(bodies, patterns, calls, kubeconfig))
    only = Counter({("create", kind): runs for kind in CHILDREN})
    creates.seconds.append(_replayed(bodies, patterns, only, kubeconfig))
    named = {f"{verb} {resource}": n for (verb, resource), n in sorted(calls.items())}
    return AtOnce(runs, acting, made, script, creates, named, idle, max(peaks))


def read_calls(requests: Iterable[audit.Request], user: str) -> tuple[Calls, float]:
    """The user's calls, and the seconds from the first to the last of them."""
    mine = [each for each in requests if each.user == user and each.verb not in WATCHING]
    calls = Counter((each.verb, _full_name(each)) for each in mine)
    first: datetime = min(each.at for each in mine)
    last: datetime = max(each.answered for each in mine)
    return calls, (last - first).total_seconds()


def until_made(requests: Sequence[audit.Request]) -> Sequence[audit.Request]:
    """Those up to the last one that made a child of a run."""
    last = max(n for n, each in enumerate(requests) if each.created and each.resource in CHILDREN)
    return requests[: last + 1]


def shares(total: int, runs: int) -> list[int]:
    """So many calls over all runs, as evenly as whole numbers allow."""
    marks = [total * number // runs for number in range(runs + 1)]
    return [after - before for before, after in itertools.pairwise(marks)]


def _full_name(request: audit.Request) -> str:
    return "/".join(part for part in (request.resource, request.subresource) if part)


def _until_all_started(operator: LocalOperator, namespace: str, runs: int) -> None:
    """Until the operator has come to rest, and each run's status knows both children."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    uids = "{.status.attempts[0].clusterUID}{.status.attempts[0].runnerPodUID}"
    query = f"{{range .items[*]}}{uids}\n{{end}}"
    while time.monotonic() < deadline:
        # Not by asking the API server: to list all runs is work, and the script does without.
        before = operator.turns()
        time.sleep(SETTLE_SECONDS)
        if operator.turns() != before:
            continue
        lines = Kubectl(namespace)("get", "flowruns", "-o", f"jsonpath={query}").stdout.split()
        if sum(len(line) == 72 for line in lines) == runs:
            return
    raise AssertionError(f"not all of {runs} runs had their children: {PATIENCE_SECONDS:.0f} s")


def _until_gone(namespace: str) -> None:
    Kubectl()("wait", "--for=delete", f"namespace/{namespace}", "--timeout=600s", timeout=610)


def _patterns(namespace: str) -> Patterns:
    """What the operator made of run-0, as it was sent."""
    kubectl = Kubectl(namespace)
    of_run = ("-l", "flowrun.dev/name=run-0")
    about = ("--field-selector", "involvedObject.name=run-0,involvedObject.kind=FlowRun")
    run = kubectl.json("get", "flowrun", "run-0")
    return Patterns(
        uid=run["metadata"]["uid"],
        status=run["status"],
        children={kind: kubectl.json("get", kind, *of_run)["items"][0] for kind in CHILDREN},
        event=kubectl.json("get", "events.v1.", *about)["items"][0],
    )


def _replayed(bodies: list[Object], patterns: Patterns, calls: Calls, kubeconfig: Path) -> float:
    """Seconds in which a bare script sends these calls, for FlowRuns that exist already."""
    with fresh_namespace("scale-script") as namespace:
        create_runs(namespace, bodies)
        per_run = {call: shares(total, len(bodies)) for call, total in calls.items()}
        tasks = [
            Replay(namespace, body["metadata"]["name"], patterns,
                   Counter({call: each[number] for call, each in per_run.items()}))
            for number, body in enumerate(bodies)
        ]  # fmt: skip

        async def send(client: Client) -> None:
            waiting = iter(tasks)

            async def worker() -> None:
                for task in waiting:
                    await task.send(client)

            await asyncio.gather(*(worker() for _ in range(AT_ONCE)))

        seconds = timed(send, kubeconfig)
    _until_gone(namespace)
    return seconds
