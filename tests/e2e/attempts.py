"""The table: what happens to a run, and how its attempts and the run end."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.e2e import faults
from tests.e2e.runs import Run, phase, status
from tests.e2e.specs import Spec, container, merged, quota, spec

SOON = {"backoffSeconds": 1, "gracePeriodSeconds": 5}
LIMIT = {"resources": {"limits": {"memory": "256Mi"}}}


def patch(run: Run, **change: Any) -> None:
    """Somebody patches the FlowRun's spec."""
    run.patch({"spec": change})


def cancel(run: Run) -> None:
    """spec.cancel."""
    patch(run, cancel=True)


def suspend_and_resume(run: Run) -> None:
    """Held back until nothing of it runs, then taken up again."""
    patch(run, suspend=True)
    run.until_phase("Suspended")
    run.until(
        lambda seen: phase(seen) == "Suspended" and "schedulerAddress" not in status(seen),
        "the cluster's end",
    )
    patch(run, suspend=False)


def delete_workers(run: Run) -> None:
    """Somebody deletes the workers' Deployments, which dask-kubernetes does not make anew."""
    run.kubectl("delete", "deployment", "-l", "dask.org/component=worker", "--wait=false")


NO_WORKER_GROUPS = "count/daskworkergroups.kubernetes.dask.org"


def let_worker_groups_in(run: Run) -> None:
    """The quota is full until dask-kubernetes and we have failed to make the workers' group.

    dask-kubernetes does not try again: its handler waits a minute, and by then the cluster's phase
    says that there is nothing to make.
    """
    run.until(
        lambda seen: phase(seen) == "Starting" and status(seen).get("reason") == "QuotaExceeded",
        "QuotaExceeded",
    )
    room = json.dumps({"spec": {"hard": {NO_WORKER_GROUPS: "1"}}})
    run.kubectl("patch", "resourcequota", "full", "--type=merge", "-p", room)


@dataclass(frozen=True)
class Row:
    """One run, what happens to it, and its end."""

    id: str
    spec: Spec
    fault: Callable[[Run], None] | None  # once it is Running
    phase: str
    reasons: tuple[str | None, ...]  # of its attempts, in order
    words: tuple[str, ...] = ()  # all of them stand in the first attempt's message
    while_it_is: str = "Running"  # when the fault comes
    objects: tuple[Mapping[str, Any], ...] = ()  # applied to the namespace before


def run_of(file: str, *changes: Spec) -> Spec:
    """Small pods, short waits."""
    return spec(file, SOON, *changes)


ROWS = (
    Row(
        "scheduler-deleted",
        run_of("some_seconds.py"),
        faults.delete_scheduler,
        "Succeeded",
        ("SchedulerLost", None),
        # The operator saw the pod go, or the runner its connection: whoever was first.
        ("scheduler",),
    ),
    Row(
        "cluster-deleted",
        run_of("some_seconds.py"),
        faults.delete_cluster,
        "Succeeded",
        ("ClusterLost", None),
        ("DaskCluster", "was deleted"),
    ),
    Row(
        "runner-deleted",
        run_of("some_seconds.py"),
        faults.delete_runner,
        "Succeeded",
        ("RunnerLost", None),
        ("was deleted",),
    ),
    Row(
        "runner-killed",
        run_of("a_while.py"),
        faults.kill_runner,
        "Succeeded",
        ("RunnerCrashed", None),
        ("SIGKILL",),
    ),
    Row(
        "rules-say-otherwise",
        run_of(
            "task_raises.py",
            {
                "backoffLimit": 1,
                "retryRules": [{"reason": "TaskFailed", "action": "Retry", "cluster": "Reuse"}],
            },
        ),
        None,
        "Failed",
        ("TaskFailed", "TaskFailed"),
        ("port closed by peer",),
    ),
    Row("cancelled", run_of("long.py"), cancel, "Cancelled", ("Cancelled",), ("SIGTERM",)),
    Row(
        "cancelled-and-deaf",
        run_of("ignores_sigterm.py"),
        cancel,
        "Cancelled",
        ("Cancelled",),
        ("without a verdict",),
    ),
    Row(
        "suspended-and-resumed",
        # Time to have its say on a busy machine; it does not take it.
        run_of("a_while.py", {"gracePeriodSeconds": 30}),
        suspend_and_resume,
        "Succeeded",
        ("Suspended", None),
        ("Suspended by spec.suspend.", "SIGTERM"),
    ),
    Row(
        "out-of-time",
        run_of("long.py", {"activeDeadlineSeconds": 75}),
        None,
        "Failed",
        ("DeadlineExceeded",),
        ("had not ended after 75 s", "SIGTERM"),
    ),
    Row(
        "workers-deleted",
        run_of("long.py", {"backoffLimit": 0, "cluster": {"startTimeoutSeconds": 75}}),
        delete_workers,
        "Failed",
        ("WorkersLost",),
        ("No worker was there for 75 s",),
    ),
    Row(
        "workers-crash",
        merged(
            run_of("some_seconds.py", {"backoffLimit": 0, "cluster": {"startTimeoutSeconds": 60}}),
            container("worker", command=["dask", "worker", "--no-such-option"]),
        ),
        None,
        "Failed",
        ("ClusterStartTimeout",),
        ("did not start within 60 s", "container worker of pod", "restarted", "exit code 1"),
    ),
    Row(
        "worker-group-refused",
        run_of("some_seconds.py", {"backoffLimit": 0}),
        let_worker_groups_in,
        "Succeeded",
        (None,),
        while_it_is="Starting",
        objects=(quota(**{NO_WORKER_GROUPS: "0"}),),
    ),
    Row(
        "worker-out-of-memory",
        merged(
            run_of("hungry_worker.py"),
            {
                "env": [
                    {"name": "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES", "value": "0"},
                    # The kernel's limit is what this is about, not Dask's own.
                    {"name": "DASK_DISTRIBUTED__WORKER__MEMORY__PAUSE", "value": "false"},
                ],
                "cluster": {"worker": LIMIT},
            },
        ),
        None,
        "Failed",
        ("OutOfMemory",),
        ("container worker", "memory limit of 256Mi"),
    ),
)
