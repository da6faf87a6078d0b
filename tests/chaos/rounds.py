"""Runs whose operator is killed at a random moment, and everything that must hold in the end."""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.chaos.operator_process import kill_operator
from tests.e2e import audit
from tests.e2e.leftovers import settle
from tests.e2e.namespaces import RESTRICTED, fresh_namespace
from tests.e2e.release import Release
from tests.e2e.runs import Run, apply_run, status
from tests.e2e.specs import spec
from tests.e2e.story import NAME, kept
from tests.e2e.watch import Object, Watch

FLOW, RESULT = "some_seconds.py", 28
ORDER = ("Pending", "Starting", "Running", "Succeeded")
# How many objects a run with one worker has, whoever makes them. Pods and ReplicaSets are left
# out: what a Deployment makes has random names.
CREATED = {
    "networkpolicies": 1,
    "configmaps": 1,
    "daskclusters": 1,
    "daskworkergroups": 1,
    "services": 1,
    "deployments": 2,
}


@dataclass(frozen=True)
class Round:
    """One run, and the kill that met it."""

    number: int
    moment: float  # seconds after the apply
    met: str  # the phase in which the kill met the run
    problems: tuple[str, ...]

    def __str__(self) -> str:
        said = "; ".join(self.problems) or "ended right"
        return f"{self.number:>3}  killed after {self.moment:5.2f} s, {self.met:<10}  {said}"


def play(rounds: int, seed: int, release: Release, watch: Watch) -> Iterator[Round]:
    """One round after the other: there is one operator to kill.

    A first run, undisturbed, shows how long a run lives here, from its apply to the end of its
    clean-up. Each round has its moment in another one of equal parts of that life, shuffled: few
    rounds meet its beginning, middle and end as well. The same seed gives the same shares.
    """
    dice = random.Random(seed)
    shares = [(place + dice.random()) / rounds for place in range(rounds)]
    dice.shuffle(shares)
    life = _undisturbed_life(release, watch)
    for number, share in enumerate(shares, start=1):
        release.until_ready()
        yield _play_round(number, share * life, release, watch)


def _undisturbed_life(release: Release, watch: Watch) -> float:
    release.until_ready()
    with fresh_namespace("not-killed", RESTRICTED) as namespace:
        start = time.monotonic()
        end = apply_run(namespace, NAME, spec(FLOW), watch).until_finished()
        assert status(end)["phase"] == "Succeeded", status(end)
        settle(namespace, kept(end, has_children=True, runner_stays=True), timeout=90)
        return time.monotonic() - start


def _play_round(number: int, moment: float, release: Release, watch: Watch) -> Round:
    with fresh_namespace(f"killed-{number}", RESTRICTED) as namespace:
        run = apply_run(namespace, NAME, spec(FLOW), watch)
        time.sleep(moment)
        met = run.phases[-1] if run.phases else "new"
        kill_operator(release)
        end = run.until_finished(timeout=120)
        wanted = kept(end, has_children=True, runner_stays=True)
        left = settle(namespace, wanted, timeout=90)
        run.delete()
        run.until_deleted()
        left_for_ever = settle(namespace, set(), timeout=60)
        problems = (
            *wrongs(run, end),
            *(f"left over: {name}" for name in sorted(left - wanted)),
            *(f"gone too early: {name}" for name in sorted(wanted - left)),
            *(f"left after its deletion: {name}" for name in sorted(left_for_ever)),
        )
    return Round(number, moment, met, problems)


def wrongs(run: Run, end: Object) -> tuple[str, ...]:
    """What is wrong with a run that has ended, and with all that was made for it."""
    return (
        *_wrong_end(status(end)),
        *_wrong_order(run.phases),
        *_made_twice(run.namespace),
    )


def _wrong_end(end: dict[str, Any]) -> Iterator[str]:
    if (end["phase"], end.get("result")) != ("Succeeded", RESULT):
        yield f"{end['phase']} {end.get('reason')}: {end.get('message')}"
    if len(end["attempts"]) != 1:
        yield f"{len(end['attempts'])} attempts"


def _wrong_order(phases: list[str]) -> Iterator[str]:
    places = [ORDER.index(phase) for phase in phases if phase in ORDER]
    if places != sorted(set(places)):
        yield f"phases went {' '.join(phases)}"


def _made_twice(namespace: str) -> Iterator[str]:
    """Reads the API server's audit log: what an operator denies, it knows."""
    made = audit.created(namespace)
    for resource, count in CREATED.items():
        objects = {name: times for (kind, name), times in made.items() if kind == resource}
        # Kubernetes' own kube-root-ca.crt is a ConfigMap of every namespace.
        objects.pop("kube-root-ca.crt", None)
        if sum(objects.values()) != count:
            yield f"created {resource}: {objects}"
    runners = [
        times for (kind, name), times in made.items() if (kind, name[-7:]) == ("pods", "-runner")
    ]
    if runners != [1]:
        yield f"created runner pods: {runners}"
