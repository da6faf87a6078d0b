"""Many runs of one concurrency group, while the operator is killed twice and started again."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from tests.chaos import oracle, scripts
from tests.chaos.crowd import Member, create_runs, crowd, delete_all, may_stay, until_ended
from tests.chaos.made import made_in
from tests.chaos.outcome import Outcome
from tests.chaos.simulated import simulated
from tests.chaos.stand import Stand
from tests.e2e import audit
from tests.e2e.namespaces import fresh_namespace
from tests.e2e.runs import finished
from tests.e2e.watch import Object

SPACING_SECONDS = 0.2
GROUP = {"group": "nightly", "policy": "Queue"}


@dataclass(frozen=True)
class Stay:
    """When a run had something of its own, by the API server's clock."""

    name: str
    begin: datetime
    end: datetime


def overlap(count: int, limit: int, stand: Stand, kills: int = 2) -> Outcome:
    """Never more than `limit` at once, in the order of their creation, and all of them end."""
    grouped = {"concurrency": {**GROUP, "limit": limit}}
    member = replace(scripts.SUCCESS, spec=simulated("succeeds", after="300ms", **grouped))
    members = crowd(count, (member,))
    patience = 60.0 + 10.0 * count / limit
    with fresh_namespace("overlap") as namespace:
        stand.ready()
        for each in members:  # over several seconds, since their order is told by whole ones
            create_runs(namespace, [each.body])
            time.sleep(SPACING_SECONDS)
        for kill in range(1, kills + 1):
            _until_so_many_ended(members, namespace, stand, count * kill // (kills + 1), patience)
            stand.operator.restart()
        ends, problems = until_ended(members, namespace, stand.watch, patience)
        problems += oracle.left_over(namespace, may_stay(ends), 120)
        requests = audit.requests(namespace)
        stays = list(_stays(requests, ends))
        most = max(together(stays), default=0)
        problems += oracle.wrong_children(made_in(namespace).while_wanted, ends)
        problems += out_of_order(requests, stays, limit)
        if most > limit:
            problems.append(f"{most} at once")
        delete_all(namespace)
        problems += oracle.left_over(namespace, set(), 120)
    counts = {"runs": count, "limit": limit, "kills": kills, "at most at once": most}
    return Outcome("overlap", counts, tuple(problems))


def together(stays: Iterable[Stay]) -> Iterator[int]:
    """How many there were at each beginning."""
    known = list(stays)
    for one in known:
        yield sum(other.begin <= one.begin < other.end for other in known)


def out_of_order(
    requests: Iterable[audit.Request], stays: Iterable[Stay], limit: int
) -> Iterator[str]:
    """Whoever came first begins first, by Kubernetes' clock, which knows whole seconds.

    Up to `limit` places are given together, and then begin in any order.
    """
    came = {
        each.name: each.at.replace(microsecond=0)
        for each in requests
        if each.created and each.resource == "flowruns"
    }
    began = [stay.name for stay in sorted(stays, key=lambda stay: stay.begin)]
    for place, name in enumerate(began):
        passed_over = sum(came[other] < came[name] for other in began[place + 1 :])
        if passed_over >= limit:
            yield f"{name} began before {passed_over} that had come before it"


def _stays(requests: Iterable[audit.Request], ends: Iterable[Object]) -> Iterator[Stay]:
    """From the runner pod's creation to the status write after which the cluster is deleted."""
    by_name: dict[tuple[str, str], list[audit.Request]] = {}
    for each in requests:
        by_name.setdefault((each.resource, each.name), []).append(each)
    for end in ends:
        name = end["metadata"]["name"]
        (attempt,) = end["status"]["attempts"]
        begin = next(r.at for r in by_name["pods", attempt["runnerPodName"]] if r.created)
        released = min(
            r.at for r in by_name["daskclusters", attempt["clusterName"]] if r.verb == "delete"
        )
        writes = (r for r in by_name["flowruns", name] if r.subresource == "status")
        finish = max(r.answered for r in writes if r.code == 200 and r.answered <= released)
        yield Stay(name, begin, finish)


def _until_so_many_ended(
    members: list[Member], namespace: str, stand: Stand, wanted: int, patience: float
) -> None:
    deadline = time.monotonic() + patience
    while True:
        last = (stand.watch.latest(namespace, member.name) for member in members)
        if sum(seen is not None and finished(seen) for seen in last) >= wanted:
            return
        assert time.monotonic() < deadline, f"less than {wanted} ended in {patience:.0f} s"
        time.sleep(0.1)
