"""One measured run of either kind, from its apply to its result, and its clean-up."""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.startup.manifests import Manifest
from tests.e2e import audit
from tests.e2e.kube import Kubectl
from tests.e2e.leftovers import settle
from tests.e2e.namespaces import fresh_namespace
from tests.e2e.watch import Seen, Watch

NAME = "diamond"
LONGEST_SECONDS = 180.0


@dataclass(frozen=True)
class Peer:
    """One of the two kinds."""

    title: str
    resource: str  # plural, as the audit log names it
    build: Callable[[str, str], Manifest]  # name, image
    ended: Callable[[Seen], bool]
    succeeded: Callable[[Seen], bool]


@dataclass(frozen=True)
class Times:
    """Seconds since the API server took the object."""

    created: float  # DaskCluster and runner pod exist
    result: float  # the object's status says that the work has succeeded


def measure(peer: Peer, image: str, watch: Watch) -> Times:
    """In a fresh namespace; returns when nothing of it is left, so that runs never overlap."""
    with fresh_namespace(f"startup-{peer.title.lower()}") as namespace:
        kubectl = Kubectl(namespace)
        kubectl.apply(peer.build(NAME, image))
        added = watch.until(namespace, NAME, lambda _: True, 10, "object")
        ended = watch.until(namespace, NAME, peer.ended, LONGEST_SECONDS, "end")
        assert peer.succeeded(ended), ended.object["status"]
        kubectl("delete", peer.resource, NAME, "--wait=false")
        left = settle(namespace, set(), timeout=120)
        assert not left, left
        return Times(created=_created(namespace, peer.resource), result=ended.at - added.at)


def _created(namespace: str, resource: str) -> float:
    # By the API server's own clock: a watch would add the same to both, and blur the ratio.
    made = [each for each in audit.requests(namespace) if each.created]
    start = next(each for each in made if each.resource == resource)
    cluster = next(each for each in made if each.resource == "daskclusters")
    runner = next(
        each for each in made if each.resource == "pods" and each.name.endswith("-runner")
    )
    return (max(cluster.answered, runner.answered) - start.at).total_seconds()
