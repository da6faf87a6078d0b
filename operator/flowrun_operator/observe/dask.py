"""Dask's objects as far as a run's story needs them. A DaskCluster's own phase is never read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flowrun_operator.observe.metadata import Metadata, read_metadata


@dataclass(frozen=True, slots=True)
class DaskCluster:
    """The DaskCluster of an attempt."""

    meta: Metadata


@dataclass(frozen=True, slots=True)
class WorkerGroup:
    """A DaskWorkerGroup. One that was made after its cluster's deletion has no owner."""

    meta: Metadata


@dataclass(frozen=True, slots=True)
class Deployment:
    """A Deployment of dask-kubernetes: where a refused scheduler or worker pod shows."""

    meta: Metadata
    replica_failure: str = ""  # the API server's words


def read_cluster(body: Mapping[str, Any]) -> DaskCluster:
    """Reads a DaskCluster as the API server stores it."""
    return DaskCluster(read_metadata(body))


def read_worker_group(body: Mapping[str, Any]) -> WorkerGroup:
    """Reads a DaskWorkerGroup as the API server stores it."""
    return WorkerGroup(read_metadata(body))


def read_deployment(body: Mapping[str, Any]) -> Deployment:
    """Reads a Deployment as the API server stores it."""
    conditions = (body.get("status") or {}).get("conditions") or ()
    failures = (
        c.get("message") or ""
        for c in conditions
        if c["type"] == "ReplicaFailure" and c["status"] == "True"
    )
    return Deployment(read_metadata(body), replica_failure=next(failures, ""))
