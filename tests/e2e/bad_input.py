"""The table: what bad input gets. Each row is played on the cluster by test_bad_input.py."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.e2e import faults, other_version
from tests.e2e.runs import Run, phase, status
from tests.e2e.specs import Spec, container, merged, part, quota, spec
from tests.e2e.watch import Seen

# Long enough for the cause to show on a busy machine; no test depends on how long it is.
# dask-kubernetes makes workers only once the scheduler's pod runs: theirs shows later.
DEADLINES = {"runner": 30, "scheduler": 30, "worker": 75}
# No node has this label: a scheduler and workers that can never be there. A run that ends for
# another reason, long before its start deadline of 300 s, has waited for neither.
NOWHERE = {"podTemplate": {"spec": {"nodeSelector": {"no.such/label": "anywhere"}}}}
NO_CLUSTER = {"cluster": {"scheduler": NOWHERE, "worker": NOWHERE}}
# A registry that refuses the connection at once: no address outside the node is asked.
NO_IMAGE = "localhost:1/no/such/image:1"
MUCH_CPU = {"resources": {"requests": {"cpu": "1000"}}}
MUCH_MEMORY = {"resources": {"requests": {"memory": "2Gi"}}}

# What the infrastructure does is retried; these rows are about its reason.
ONCE = {"backoffLimit": 0}

PARTS = tuple(DEADLINES)


@dataclass(frozen=True)
class Row:
    """One input and what must be seen."""

    id: str
    spec: Spec
    reason: str
    words: tuple[str, ...]  # all of them stand in status.message
    heals: bool = False  # named in a condition while Starting, Failed at the start deadline
    runs: bool = False  # the flow was started before it failed
    runner_stays: bool = True  # the ended runner pod is there, for its log
    objects: tuple[Mapping[str, Any], ...] = ()  # applied to the namespace before
    fault: Callable[[Run], None] | None = None  # what is done to it once it is Running


def names_cause(seen: Seen, row: Row) -> bool:
    """Whether the run is Starting here, and a condition names the row's reason in its words."""
    return phase(seen) == "Starting" and any(
        one["reason"] == row.reason
        and one["status"] == "False"
        and all(word in one["message"] for word in row.words)
        for one in status(seen).get("conditions", [])
    )


def short(which: str) -> Spec:
    """A start deadline that the cause of this part is seen before."""
    return {"cluster": {"startTimeoutSeconds": DEADLINES[which]}}


INVALID_FLOW = (
    Row(
        "entrypoint-of-no-module",
        merged(spec("diamond.py", NO_CLUSTER), {"flow": {"entrypoint": "no.such.module:flow"}}),
        "InvalidFlow",
        ("ModuleNotFoundError", "No module named 'no'"),
    ),
    Row(
        "entrypoint-that-raises",
        spec("broken_import.py", NO_CLUSTER),
        "InvalidFlow",
        ("LookupError", "no such table: orders"),
    ),
    Row(
        "no-flow",
        spec("no_flow.py", NO_CLUSTER, attribute=None),
        "InvalidFlow",
        ("no_flow.py",),
    ),
    Row(
        "several-flows",
        spec("two_flows.py", NO_CLUSTER, attribute=None),
        "InvalidFlow",
        ("morning", "evening"),
    ),
)

INVALID_PARAMETERS = (
    Row(
        "parameter-missing",
        spec("greeting.py", NO_CLUSTER),
        "InvalidParameters",
        ("name",),
    ),
    Row(
        "parameter-unknown",
        spec("greeting.py", NO_CLUSTER, {"parameters": {"name": "x", "tiems": 2}}),
        "InvalidParameters",
        ("tiems",),
    ),
    Row(
        "parameter-ill-typed",
        spec("greeting.py", NO_CLUSTER, {"parameters": {"name": "x", "times": "two"}}),
        "InvalidParameters",
        ("times",),
    ),
)

CANNOT_START = (
    *(
        Row(
            f"image-of-{which}",
            spec("diamond.py", short(which), container(which, image=NO_IMAGE)),
            "ImagePull",
            # The kubelet's words.
            (NO_IMAGE, "connection refused"),
            heals=True,
            runner_stays=which != "runner",
        )
        for which in PARTS
    ),
    Row(
        "secret-missing",
        spec(
            "diamond.py", short("runner"), {"envFrom": [{"secretRef": {"name": "no-such-secret"}}]}
        ),
        "ContainerConfig",
        ('secret "no-such-secret" not found',),
        heals=True,
        runner_stays=False,
    ),
    Row(
        "no-place-for-results",
        spec("diamond.py", NO_CLUSTER, {"results": {"location": "file:///results"}}),
        "ContainerConfig",
        # The root of a container is read-only, and no volume is mounted.
        ("file:///results", "Read-only file system"),
    ),
    *(
        Row(
            f"quota-of-{which}",
            spec("diamond.py", short(which), part(which, MUCH_MEMORY)),
            "QuotaExceeded",
            # The API server's words.
            (
                "exceeded quota: full",
                "requested: requests.memory=2Gi",
                "limited: requests.memory=1Gi",
            ),
            heals=True,
            runner_stays=which != "runner",
            objects=(quota(requests_memory="1Gi"),),
        )
        for which in PARTS
    ),
    *(
        Row(
            f"cpu-of-{which}",
            spec("diamond.py", short(which), part(which, MUCH_CPU)),
            "Unschedulable",
            # The scheduler's words.
            ("nodes are available", "Insufficient cpu"),
            heals=True,
            runner_stays=which != "runner",
        )
        for which in PARTS
    ),
)

FAILS_WHILE_RUNNING = (
    Row(
        "task-raises",
        spec("task_raises.py"),
        "TaskFailed",
        ("fetch", "port closed by peer"),
        runs=True,
    ),
    Row("sys-exit", spec("sys_exit.py", NO_CLUSTER, ONCE), "RunnerCrashed", ("exit code 7",)),
    Row("signal", spec("segfault.py", NO_CLUSTER, ONCE), "RunnerCrashed", ("SIGSEGV",)),
    Row(
        "killed",
        spec("long.py", ONCE),
        "RunnerCrashed",
        ("SIGKILL",),
        runs=True,
        fault=faults.kill_runner,
    ),
    Row(
        "out-of-memory",
        spec(
            "out_of_memory.py",
            NO_CLUSTER,
            {"runner": {"resources": {"limits": {"memory": "256Mi"}}}},
        ),
        "OutOfMemory",
        ("container runner", "memory limit of 256Mi", "OOMKilled"),
    ),
    Row(
        "runner-deleted",
        spec("long.py", ONCE),
        "RunnerLost",
        ("was deleted",),
        runs=True,
        runner_stays=False,
        fault=faults.delete_runner,
    ),
    Row(
        "runner-evicted",
        spec("long.py", ONCE),
        "RunnerLost",
        ("Pod run-1-", "-runner was "),
        runs=True,
        runner_stays=False,
        fault=faults.evict_runner,
    ),
    Row(
        "scheduler-deleted",
        spec("long.py", ONCE),
        "SchedulerLost",
        ("scheduler",),
        runs=True,
        fault=faults.delete_scheduler,
    ),
    Row(
        "task-that-kills-its-worker",
        spec(
            "kills_its_worker.py",
            ONCE,
            {"env": [{"name": "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES", "value": "0"}]},
        ),
        "WorkersLost",
        ("convert", "workers died while running it"),
        runs=True,
    ),
    Row(
        "cluster-deleted",
        spec("long.py", ONCE),
        "ClusterLost",
        ("DaskCluster", "was deleted"),
        runs=True,
        fault=faults.delete_cluster,
    ),
    Row(
        "versions-differ",
        spec("diamond.py", other_version.only_on_workers()),
        "VersionMismatch",
        ("Versions differ: cloudpickle is", "(runner; scheduler)", other_version.VERSION),
        objects=(other_version.config_map(),),
    ),
)

# Only under podSecurity: namespace; test_pod_security_of_the_namespace.py plays these.
REFUSED_BY_POD_SECURITY = tuple(
    Row(
        f"pod-security-of-{which}",
        spec(
            "diamond.py",
            short("runner"),
            container(which, securityContext={"allowPrivilegeEscalation": True}),
        ),
        "Forbidden",
        # The API server's words.
        ('violates PodSecurity "restricted:latest"', "allowPrivilegeEscalation != false"),
        heals=True,
        runner_stays=which != "runner",
    )
    for which in PARTS
)

PRIVILEGED = {"securityContext": {"privileged": True}}
INVALID_SPEC = (
    *(
        Row(
            f"privileges-of-{which}",
            spec("diamond.py", container(which, **PRIVILEGED)),
            "InvalidSpec",
            (path, "privileged"),
        )
        for which, path in (
            ("runner", "spec.runner.podTemplate.spec.containers"),
            ("scheduler", "spec.cluster.scheduler.podTemplate.spec.containers"),
            ("worker", "spec.cluster.worker.podTemplate.spec.containers"),
        )
    ),
    *(
        Row(
            f"service-account-of-{which}",
            spec(
                "diamond.py",
                part(which, {"podTemplate": {"spec": {"serviceAccountName": "admin"}}}),
            ),
            "InvalidSpec",
            (path, "serviceAccountName"),
        )
        for which, path in (
            ("runner", "spec.runner.podTemplate.spec"),
            ("worker", "spec.cluster.worker.podTemplate.spec"),
        )
    ),
    Row(
        "service-account-not-allowed",
        spec("diamond.py", {"serviceAccountName": "admin"}),
        "InvalidSpec",
        ("spec.serviceAccountName", "admin"),
    ),
)

# Those that wait for their start deadline come first: they need time, but hardly any of the node.
ROWS = (*CANNOT_START, *INVALID_FLOW, *INVALID_PARAMETERS, *INVALID_SPEC, *FAILS_WHILE_RUNNING)
