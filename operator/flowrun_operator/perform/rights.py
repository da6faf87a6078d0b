"""The rights on the Kubernetes API that the operator needs: all of them, and no other.

The chart's roles are tested against these tables, and every request is checked against them in the
tests of perform/.
"""

from typing import NamedTuple


class Right(NamedTuple):
    """As in a rule of a ClusterRole."""

    group: str
    resource: str
    verbs: frozenset[str]


def _right(group: str, resource: str, verbs: str) -> Right:
    return Right(group, resource, frozenset(verbs.split()))


#: In every namespace, or in each of those that are watched.
RIGHTS = (
    _right("flowrun.dev", "flowruns", "get list watch delete"),  # delete: time to live
    _right("flowrun.dev", "flowruns/status", "update"),
    _right("kubernetes.dask.org", "daskclusters", "get list watch create patch delete"),
    _right("kubernetes.dask.org", "daskworkergroups", "get list watch create delete"),
    _right("", "pods", "get list watch create patch delete"),  # patch: to stop a runner
    _right("", "pods/log", "get"),  # where the chart says so: for post-mortem bundles
    _right("", "configmaps", "get create"),
    _right("networking.k8s.io", "networkpolicies", "get create"),
    _right("apps", "deployments", "list watch"),
    _right("", "events", "list create"),  # list: a volume that cannot be mounted shows only there
)
#: In the operator's own namespace.
LEASE_RIGHTS = (_right("coordination.k8s.io", "leases", "get create update"),)
