"""Where each kind is served."""

from dataclasses import dataclass

from flowrun_operator.api.flowrun import API_VERSION, PLURAL
from flowrun_operator.plan.actions import Kind


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind's place in the API."""

    api_version: str
    plural: str

    @property
    def group(self) -> str:
        """ "" for the core group."""
        group, slash, _ = self.api_version.partition("/")
        return group if slash else ""

    def path(self, namespace: str | None, name: str = "", subresource: str = "") -> str:
        """The request's path; every namespace where none is given."""
        root = f"/apis/{self.api_version}" if self.group else f"/api/{self.api_version}"
        scope = f"/namespaces/{namespace}" if namespace else ""
        return "/".join(p for p in (f"{root}{scope}/{self.plural}", name, subresource) if p)


DASK = "kubernetes.dask.org/v1"
EVENTS = Resource("v1", "events")
DEPLOYMENTS = Resource("apps/v1", "deployments")
LEASES = Resource("coordination.k8s.io/v1", "leases")
RESOURCES = {
    Kind.FLOW_RUN: Resource(API_VERSION, PLURAL),
    Kind.POD: Resource("v1", "pods"),
    Kind.CONFIG_MAP: Resource("v1", "configmaps"),
    Kind.NETWORK_POLICY: Resource("networking.k8s.io/v1", "networkpolicies"),
    Kind.DASK_CLUSTER: Resource(DASK, "daskclusters"),
    Kind.DASK_WORKER_GROUP: Resource(DASK, "daskworkergroups"),
}
#: What is watched: all of them are listed before the first turn.
WATCHED = (
    RESOURCES[Kind.FLOW_RUN],
    RESOURCES[Kind.POD],
    RESOURCES[Kind.DASK_CLUSTER],
    RESOURCES[Kind.DASK_WORKER_GROUP],
    DEPLOYMENTS,
)
