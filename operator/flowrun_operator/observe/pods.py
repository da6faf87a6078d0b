"""A pod as far as a run's story needs it: the indices keep this, never the whole object."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from flowrun_operator.observe.metadata import Metadata, read_metadata, read_time
from flowrun_operator.observe.quantity import number

#: pod.status.reason where Kubernetes, not the pod's own program, ended the pod.
TAKEN_AWAY = frozenset({"Evicted", "Preempting", "NodeShutdown", "NodeLost", "Terminated"})
#: A deletion that should have ended so long ago is not waited for where the node is gone, too.
OVERDUE = timedelta(seconds=60)


OOM_KILLED = "OOMKilled"


class ContainerState(StrEnum):
    """Of a container; UNKNOWN is what the kubelet has not reported yet."""

    UNKNOWN = "unknown"
    WAITING = "waiting"
    RUNNING = "running"
    TERMINATED = "terminated"


@dataclass(frozen=True, slots=True)
class Container:
    """One container of a pod: what it does, or why it does not."""

    name: str
    state: ContainerState = ContainerState.UNKNOWN
    reason: str = ""
    message: str = ""  # of a terminated container: its termination message
    exit_code: int | None = None
    finished_at: datetime | None = None
    restarts: int = 0
    last_reason: str = ""  # how the latest of its runs that are over ended
    last_message: str = ""
    last_exit_code: int | None = None
    last_finished_at: datetime | None = None
    memory_limit: str = ""

    @property
    def oom_killed(self) -> bool:
        """The kernel ended it at its memory limit, now or the last time."""
        return OOM_KILLED in {self.reason, self.last_reason}


@dataclass(frozen=True, slots=True)
class Pod:
    """A runner, scheduler or worker pod."""

    meta: Metadata
    phase: str = "Pending"
    reason: str = ""
    message: str = ""
    ip: str = ""
    node: str = ""
    ready: bool = False
    ready_since: datetime | None = None
    unschedulable: str = ""  # the scheduler's own words
    disruption: str = ""  # the words of condition DisruptionTarget
    active_deadline: int | None = None
    cpu_request: float = 0.0  # of all its containers, in CPUs
    memory_request: float = 0.0  # in bytes
    containers: tuple[Container, ...] = ()  # init containers first

    @property
    def ended(self) -> bool:
        """No container of it will run again."""
        return self.phase in {"Succeeded", "Failed"}

    @property
    def ends(self) -> bool:
        """All its containers have ended; the kubelet writes the pod's end a moment later."""
        return bool(self.containers) and all(
            c.state is ContainerState.TERMINATED for c in self.containers
        )

    @property
    def ever_started(self) -> bool:
        """Some container of it has run."""
        return any(
            c.state in {ContainerState.RUNNING, ContainerState.TERMINATED} or c.restarts > 0
            for c in self.containers
        )

    @property
    def taken_away(self) -> bool:
        """Deleted, evicted, preempted, or gone with its node: not ended by its own program."""
        return self.meta.being_deleted or bool(self.disruption) or self.reason in TAKEN_AWAY

    def gone_with_its_node(self, now: datetime) -> bool:
        """Its deletion is long overdue, and the node controller has called it not Ready."""
        deleted_at = self.meta.deletion_timestamp
        return deleted_at is not None and not self.ready and now >= deleted_at + OVERDUE

    def container(self, name: str) -> Container | None:
        """The container of that name, if the kubelet has reported it."""
        return next((c for c in self.containers if c.name == name), None)


def read_pod(body: Mapping[str, Any]) -> Pod:
    """Reads a pod as the API server stores it."""
    spec, status = body.get("spec") or {}, body.get("status") or {}
    conditions = {c["type"]: c for c in status.get("conditions") or ()}
    ready = conditions.get("Ready", {})
    scheduled = conditions.get("PodScheduled", {})
    disruption = conditions.get("DisruptionTarget", {})
    limits = {
        c["name"]: str(((c.get("resources") or {}).get("limits") or {}).get("memory") or "")
        for field in ("initContainers", "containers")
        for c in spec.get(field) or ()
    }
    requests = [
        (c.get("resources") or {}).get("requests") or {} for c in spec.get("containers") or ()
    ]
    return Pod(
        meta=read_metadata(body),
        phase=status.get("phase") or "Pending",
        reason=status.get("reason") or "",
        message=status.get("message") or "",
        ip=status.get("podIP") or "",
        node=spec.get("nodeName") or "",
        ready=ready.get("status") == "True",
        ready_since=(
            read_time(ready.get("lastTransitionTime")) if ready.get("status") == "True" else None
        ),
        unschedulable=(
            scheduled.get("message") or "no node fits"
            if scheduled.get("status") == "False" and scheduled.get("reason") == "Unschedulable"
            else ""
        ),
        disruption=(
            f"{disruption.get('reason', '')}: {disruption.get('message', '')}"
            if disruption.get("status") == "True"
            else ""
        ),
        cpu_request=sum(number(r.get("cpu")) for r in requests),
        memory_request=sum(number(r.get("memory")) for r in requests),
        active_deadline=spec.get("activeDeadlineSeconds"),
        containers=tuple(
            _read_container(c, limits.get(c["name"], ""))
            for field in ("initContainerStatuses", "containerStatuses")
            for c in status.get(field) or ()
        ),
    )


def _read_container(status: Mapping[str, Any], memory_limit: str) -> Container:
    state = ContainerState.UNKNOWN
    detail: Mapping[str, Any] = {}
    for name, value in (status.get("state") or {}).items():
        state, detail = ContainerState(name), value or {}
    # Until the kubelet starts it again, a crashed container has a state and no lastState.
    before = (status.get("lastState") or {}).get("terminated") or {}
    last = detail if state is ContainerState.TERMINATED else before
    return Container(
        name=status["name"],
        state=state,
        reason=detail.get("reason") or "",
        message=detail.get("message") or "",
        exit_code=detail.get("exitCode"),
        finished_at=read_time(detail.get("finishedAt")),
        restarts=status.get("restartCount") or 0,
        last_reason=last.get("reason") or "",
        last_message=last.get("message") or "",
        last_exit_code=last.get("exitCode"),
        last_finished_at=read_time(last.get("finishedAt")),
        memory_limit=memory_limit,
    )
