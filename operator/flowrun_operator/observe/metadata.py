"""The few fields of any object's metadata that are read, from its JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

LABEL_DASK_CLUSTER = "dask.org/cluster-name"
LABEL_DASK_COMPONENT = "dask.org/component"
FOREGROUND = "foregroundDeletion"


@dataclass(frozen=True, slots=True)
class Metadata:
    """Who an object is, whose it is, and whether it is on its way out."""

    namespace: str
    name: str
    uid: str
    owner_uid: str | None  # of the controller
    created_at: datetime
    deletion_timestamp: datetime | None = None
    finalizers: tuple[str, ...] = ()
    dask_cluster: str | None = None
    dask_component: str | None = None

    @property
    def being_deleted(self) -> bool:
        """Somebody asked for its deletion."""
        return self.deletion_timestamp is not None

    @property
    def deleted_in_foreground(self) -> bool:
        """It goes once everything that it owns is gone."""
        return FOREGROUND in self.finalizers


def read_metadata(body: Mapping[str, Any]) -> Metadata:
    """Reads what the API server stores; raises KeyError where that is not an object."""
    meta = body["metadata"]
    labels = meta.get("labels") or {}
    owners = (o for o in meta.get("ownerReferences") or () if o.get("controller"))
    return Metadata(
        namespace=meta["namespace"],
        name=meta["name"],
        uid=meta["uid"],
        owner_uid=next((o["uid"] for o in owners), None),
        created_at=datetime.fromisoformat(meta["creationTimestamp"]),
        deletion_timestamp=read_time(meta.get("deletionTimestamp")),
        finalizers=tuple(meta.get("finalizers") or ()),
        dask_cluster=labels.get(LABEL_DASK_CLUSTER),
        dask_component=labels.get(LABEL_DASK_COMPONENT),
    )


def read_time(text: str | None) -> datetime | None:
    """A metav1.Time, or None where there is none."""
    return datetime.fromisoformat(text) if text else None
