"""What the watches have delivered, by run, and of each object only the fields that are read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from pydantic import ValidationError

from flowrun_operator.api.flowrun import FlowRun
from flowrun_operator.api.problem import Problem
from flowrun_operator.api.status import FINISHED
from flowrun_operator.observe.dask import DaskCluster, Deployment, WorkerGroup
from flowrun_operator.observe.groups import GroupKey, Member, place_of
from flowrun_operator.observe.key import RunKey
from flowrun_operator.observe.pods import Pod
from flowrun_operator.observe.world import Children

T = TypeVar("T")
Child = TypeVar("Child", Pod, DaskCluster, WorkerGroup, Deployment)
Index = Mapping[RunKey, Iterable[T]]
READ_OF_METADATA = (
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
)
#: What a turn reads of a spec before it GETs the whole object: not what a user may fill with
#: a megabyte of parameters and sources.
READ_OF_SPEC = (
    "cluster",
    "ttlSecondsAfterFinished",
    "backoffLimit",
    "backoffSeconds",
    "retryRules",
    "activeDeadlineSeconds",
    "gracePeriodSeconds",
    "suspend",
    "cancel",
    "cleanupPolicy",
    "concurrency",
    "managedBy",
)


@dataclass(frozen=True, slots=True)
class Settled:
    """A run that has ended and given up its cluster: all there is to know of it."""

    phase: str
    reason: str
    expires_at: datetime | None
    resource_version: str


class Indices:
    """A run or child that is missing here may exist nevertheless."""

    def __init__(
        self,
        *,
        runs: Index[FlowRun | Settled] | None = None,
        pods: Index[Pod] | None = None,
        clusters: Index[DaskCluster] | None = None,
        worker_groups: Index[WorkerGroup] | None = None,
        deployments: Index[Deployment] | None = None,
        groups: Mapping[GroupKey, Iterable[Member]] | None = None,
    ) -> None:
        self.runs = {} if runs is None else runs
        self.pods = {} if pods is None else pods
        self.clusters = {} if clusters is None else clusters
        self.worker_groups = {} if worker_groups is None else worker_groups
        self.deployments = {} if deployments is None else deployments
        self.groups = {} if groups is None else groups
        self._answers: dict[RunKey, FlowRun | Settled] = {}
        self._gone: dict[RunKey, frozenset[str]] = {}

    def attach(self, of_kopf: Mapping[str, Any]) -> None:
        """Shows Kopf's indices from now on: it makes them when it starts, empty, and fills them."""
        self.runs = of_kopf["runs"]
        self.pods = of_kopf["pods"]
        self.clusters = of_kopf["clusters"]
        self.worker_groups = of_kopf["worker_groups"]
        self.deployments = of_kopf["deployments"]
        self.groups = of_kopf["groups"]

    def phases(self) -> list[str]:
        """The phase of every run."""
        return [_phase(run) for runs in self.runs.values() for run in runs]

    def answered(self, key: RunKey, body: Mapping[str, Any]) -> None:
        """The API server has answered with the run: to a read, or to our own write."""
        self._answers[key] = index_run(body)

    def run(self, key: RunKey) -> FlowRun | Settled | None:
        """The run as it was last delivered, or as it was answered since."""
        shown = next(iter(self.runs.get(key, ())), None)
        answer = self._answers.get(key)
        if answer is None:
            return shown
        if shown is not None and _version(shown) < _version(answer):
            return answer
        del self._answers[key]  # the watch has told of it, or that the run is gone
        return shown

    def children(self, key: RunKey) -> Children:
        """All that carries the run's labels."""
        shown = Children(
            pods=tuple(self.pods.get(key, ())),
            clusters=tuple(self.clusters.get(key, ())),
            worker_groups=tuple(self.worker_groups.get(key, ())),
            deployments=tuple(self.deployments.get(key, ())),
        )
        gone = self._gone.get(key)
        if gone is None:
            return shown
        there = Children(
            pods=_without(gone, shown.pods),
            clusters=_without(gone, shown.clusters),
            worker_groups=_without(gone, shown.worker_groups),
            deployments=_without(gone, shown.deployments),
        )
        if there == shown:
            del self._gone[key]  # no index shows them any more
        return there

    def told_gone(self, key: RunKey, uids: frozenset[str]) -> None:
        """The API server has none of these children any more, whatever an index shows.

        A watch that begins anew after a long cut does not tell what went meanwhile.
        """
        if uids:
            self._gone[key] = self._gone.get(key, frozenset()) | uids

    def members(self, key: GroupKey) -> tuple[Member, ...]:
        """The runs of a concurrency group that hold a place, or stand in line for one."""
        return tuple(self.groups.get(key, ()))

    def place_in_line(self, run: FlowRun) -> int | None:
        """Of a run that waits for its group; None where it does not."""
        wants = run.spec.concurrency
        if wants is None or run.status.admitted is not None:
            return None
        return place_of(run, self.members(GroupKey(run.metadata.namespace, wants.group)))

    def all_keys(self) -> set[RunKey]:
        """Every run that exists, or of which something is left."""
        return set().union(
            self.runs, self.pods, self.clusters, self.worker_groups, self.deployments
        )


def read_run(body: Mapping[str, Any]) -> tuple[FlowRun, tuple[Problem, ...]]:
    """A FlowRun and what is wrong with it. One that our models refuse still gets a status."""
    try:
        return FlowRun.from_json(dict(body)), ()
    except ValidationError as error:
        problems = tuple(
            Problem(".".join(map(str, fault["loc"])), fault["msg"]) for fault in error.errors()
        )
    readable = {"metadata": body["metadata"], "spec": {"flow": {"entrypoint": "unreadable"}}}
    try:
        return FlowRun.from_json({**readable, "status": body.get("status") or {}}), problems
    except ValidationError:
        return FlowRun.from_json(readable), problems


def index_run(body: Mapping[str, Any]) -> FlowRun | Settled:
    """What the index keeps of a FlowRun."""
    meta, spec = body["metadata"], body.get("spec") or {}
    kept = {
        "metadata": {field: meta[field] for field in READ_OF_METADATA if field in meta},
        "spec": {field: spec[field] for field in READ_OF_SPEC if field in spec}
        | {"flow": {"entrypoint": (spec.get("flow") or {}).get("entrypoint")}},
        "status": body.get("status") or {},
    }
    run, _ = read_run(kept)
    status = run.status
    if status.phase not in FINISHED or status.scheduler_address or run.metadata.deletion_timestamp:
        return run
    ttl, end = run.spec.ttl_seconds_after_finished, status.completion_time
    expires_at = end + timedelta(seconds=ttl) if ttl is not None and end is not None else None
    version = run.metadata.resource_version
    return Settled(status.phase, status.reason or "", expires_at, version)


def _without(uids: frozenset[str], children: tuple[Child, ...]) -> tuple[Child, ...]:
    return tuple(child for child in children if child.meta.uid not in uids)


def _version(run: FlowRun | Settled) -> int:
    """Of two versions of one object the larger is the newer; 0 where that cannot be told."""
    told = run.resource_version if isinstance(run, Settled) else run.metadata.resource_version
    return int(told) if told.isdecimal() else 0


def _phase(run: FlowRun | Settled) -> str:
    return run.phase if isinstance(run, Settled) else str(run.status.phase or "")
