"""What the API server's audit log knows to have been made, and how much of it came too late."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from tests.e2e import audit
from tests.e2e.audit import Request
from tests.e2e.release import DASK_OPERATOR

#: What dask-kubernetes names after a DaskCluster, by what it puts behind the name.
SUFFIXES = ("-scheduler", "-default")

Times = Counter[tuple[str, str]]


class Made(NamedTuple):
    """How often each (resource, name) was made."""

    while_wanted: Times
    too_late: Times


def made_in(namespace: str) -> Made:
    """What was made there, by whomever."""
    return made_by(audit.requests(namespace))


def made_by(requests: Iterable[Request]) -> Made:
    """What requests made, in the order of their arrival.

    Too late is what dask-kubernetes makes of a cluster whose deletion has been asked for. When the
    API server answers one of its requests with an error, its handler comes again after a minute
    and makes what the deletion took, whatever has become of the cluster. It is under the old names,
    so that nothing is there twice; that it goes is for the oracle's left_over() to see.
    """
    made = Made(Times(), Times())
    deleted: dict[str, datetime] = {}
    for each in requests:
        if each.verb == "delete" and each.resource == "daskclusters" and each.code == 200:
            deleted.setdefault(each.name, each.answered)
        elif each.created:
            asked = deleted.get(_cluster(each.name))
            too_late = DASK_OPERATOR in each.user and asked is not None and asked < each.at
            (made.too_late if too_late else made.while_wanted)[each.resource, each.name] += 1
    return made


def _cluster(child: str) -> str:
    suffix = next((end for end in SUFFIXES if child.endswith(end)), "")
    return child.removesuffix(suffix)
