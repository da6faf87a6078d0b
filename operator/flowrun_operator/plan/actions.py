"""What can be done to the cluster, as values: plan/ chooses them, perform/ carries them out."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Manifest = dict[str, Any]


class Kind(StrEnum):
    """The kinds of objects that are made, read or deleted for a run."""

    FLOW_RUN = "FlowRun"
    POD = "Pod"
    CONFIG_MAP = "ConfigMap"
    NETWORK_POLICY = "NetworkPolicy"
    DASK_CLUSTER = "DaskCluster"
    DASK_WORKER_GROUP = "DaskWorkerGroup"


@dataclass(frozen=True)
class Create:
    """Make it. That it exists already is success only if it is the same run's.

    That is by its controller, or, of a workers' group that has none yet, by its labels.
    """

    manifest: Manifest

    @property
    def kind(self) -> Kind:
        """Of the object."""
        return Kind(self.manifest["kind"])

    @property
    def name(self) -> str:
        """Of the object."""
        return str(self.manifest["metadata"]["name"])


@dataclass(frozen=True)
class Delete:
    """Make it go. That it is gone already is success.

    Where ``uid`` is None the object is looked up, and deleted only if ``owner_uid`` controls it.
    """

    kind: Kind
    namespace: str
    name: str
    uid: str | None = None
    owner_uid: str | None = None
    foreground: bool = False


@dataclass(frozen=True)
class Stop:
    """End a pod's containers, and keep the pod with its log and its termination message.

    The pod's ``activeDeadlineSeconds`` is set to 1: the kubelet sends SIGTERM and keeps the pod.
    """

    namespace: str
    name: str
    uid: str


@dataclass(frozen=True)
class Unblock:
    """Take off the one finalizer that an object under deletion still waits for."""

    kind: Kind
    namespace: str
    name: str
    uid: str
    finalizer: str


@dataclass(frozen=True)
class Witness:
    """A pod that may tell why an attempt failed."""

    component: str  # also the name of its container
    pod: str
    uid: str
    died: bool  # its container was restarted: the log before counts as well


@dataclass(frozen=True)
class Collect:
    """Ask the witnesses, and keep what they say in a ConfigMap. It is tried once."""

    manifest: Manifest
    witnesses: tuple[Witness, ...]
    logs: bool  # the chart gave the right to read them

    @property
    def name(self) -> str:
        """Of the ConfigMap."""
        return str(self.manifest["metadata"]["name"])


Action = Create | Delete | Stop | Unblock | Collect
#: Actions that may go out side by side. The next stage waits until this one has succeeded.
Stage = tuple[Action, ...]
