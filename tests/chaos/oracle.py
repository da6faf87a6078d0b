"""What must hold of every run, whatever was done to it or around it."""

import itertools
import time
from collections.abc import Iterable, Iterator
from typing import Any

from tests.chaos.made import Times
from tests.chaos.scripts import Script
from tests.e2e.leftovers import leftovers
from tests.e2e.runs import phase, status
from tests.e2e.watch import Object, Seen

FINISHED = ("Succeeded", "Failed", "Cancelled")
#: Within one attempt a run goes only forward.
ORDER = {name: place for place, name in enumerate(("Pending", "Starting", "Running", *FINISHED))}
#: Kinds whose objects are asked for by name; a Deployment's pods get theirs from the API server.
NAMED = ("networkpolicies", "daskclusters", "daskworkergroups", "services", "deployments", "pods")


def wrong_end(script: Script, end: Object) -> Iterator[str]:
    """The run's end is not the one that its script implies, or its attempts tell another story."""
    said = status(end)
    if (said["phase"], said.get("reason")) != (script.phase, script.reason):
        yield f"ended {said['phase']} {said.get('reason')}: {said.get('message')}"
    reasons = tuple(attempt.get("reason") for attempt in said.get("attempts", []))
    if reasons != script.attempts:
        yield f"attempts tell {reasons}, not {script.attempts}"
    yield from untrue_attempts(said.get("attempts", []))


def untrue_attempts(attempts: list[dict[str, Any]]) -> Iterator[str]:
    """Numbers leave none out; an attempt ends once, before the next begins."""
    if [each["number"] for each in attempts] != list(range(1, len(attempts) + 1)):
        yield f"attempts have numbers {[each['number'] for each in attempts]}"
    for each in attempts:
        if not each.get("endTime"):
            yield f"attempt {each['number']} has no end"
        elif each["endTime"] < each["startTime"]:
            yield f"attempt {each['number']} ended before it began"
    for before, after in itertools.pairwise(attempts):
        if after["startTime"] < before.get("endTime", ""):
            yield f"attempts {before['number']} and {after['number']} overlap"


def wrong_order(history: Iterable[Seen]) -> Iterator[str]:
    """A phase went backward within an attempt, or a finished run changed its end."""
    last: tuple[int, int] = (0, 0)
    end = ""
    for seen in history:
        now = phase(seen)
        if end and now != end:
            yield f"{end} became {now}"
        if now in FINISHED:
            end = now
        if now in ORDER:
            place = (status(seen).get("attempt") or 0, ORDER[now])
            # A new attempt begins anew; after a failed one the run is Pending until it is decided.
            if place[0] == last[0] and place[1] < last[1] and now != "Pending":
                yield f"phase went back to {now} in attempt {place[0]}"
            last = place


def wrong_children(created: Times, ends: Iterable[Object]) -> Iterator[str]:
    """What was made while it was wanted was made twice, or is in nobody's attempts."""
    made = {key: times for key, times in created.items() if key[0] in NAMED and key[1]}
    yield from (f"{kind}/{name} was made {n} times" for (kind, name), n in made.items() if n > 1)
    attempts = [attempt for end in ends for attempt in status(end).get("attempts", [])]
    for kind, name_field, uid_field in (
        ("daskclusters", "clusterName", "clusterUID"),
        ("pods", "runnerPodName", "runnerPodUID"),
    ):
        there = {n for k, n in made if k == kind and (k != "pods" or n.endswith("-runner"))}
        told = {each[name_field] for each in attempts}
        seen = {each[name_field] for each in attempts if each.get(uid_field)}
        yield from (f"{kind}/{name} is in no attempt" for name in sorted(there - told))
        yield from (f"{kind}/{name} was never made" for name in sorted(seen - there))


def may_stay(end: Object) -> set[str]:
    """What a finished run keeps: itself, its NetworkPolicy, its runners' pods, its post-mortems."""
    name, uid = end["metadata"]["name"], end["metadata"]["uid"][:5]
    attempts = status(end).get("attempts", [])
    return {
        f"flowrun.flowrun.dev/{name}",
        f"networkpolicy.networking.k8s.io/{name}-{uid}",
        *(f"pod/{attempt['runnerPodName']}" for attempt in attempts),
        *(f"configmap/{name}-{attempt['number']}-{uid}-post-mortem" for attempt in attempts),
    }


def left_over(namespace: str, may_stay: set[str], seconds: float) -> Iterator[str]:
    """What is still there after that time, and should not be."""
    deadline = time.monotonic() + seconds
    while (left := leftovers(namespace) - may_stay) and time.monotonic() < deadline:
        time.sleep(1.0)
    yield from (f"left over: {name}" for name in sorted(left))
