"""Why a run failed: a closed set, with its subsets beside it."""

from enum import StrEnum


class Reason(StrEnum):
    """One CamelCase word, as Kubernetes' conditions have it; the message says the rest."""

    # The user's own: the same input fails the same way again.
    INVALID_SPEC = "InvalidSpec"
    INVALID_FLOW = "InvalidFlow"
    INVALID_PARAMETERS = "InvalidParameters"
    TASK_FAILED = "TaskFailed"
    VERSION_MISMATCH = "VersionMismatch"
    RUNNER_CRASHED = "RunnerCrashed"  # ended without a verdict: a signal, sys.exit, no flowlib
    OUT_OF_MEMORY = "OutOfMemory"

    # Keeps a pod from starting; may heal until the start deadline.
    IMAGE_PULL = "ImagePull"
    CONTAINER_CONFIG = "ContainerConfig"
    FORBIDDEN = "Forbidden"
    QUOTA_EXCEEDED = "QuotaExceeded"
    UNSCHEDULABLE = "Unschedulable"
    CLUSTER_START_TIMEOUT = "ClusterStartTimeout"  # only where no cause is known

    # Something that ran is gone.
    CLUSTER_LOST = "ClusterLost"
    SCHEDULER_LOST = "SchedulerLost"
    WORKERS_LOST = "WorkersLost"
    RUNNER_LOST = "RunnerLost"

    # Somebody's will, or the clock's.
    DEADLINE_EXCEEDED = "DeadlineExceeded"
    CANCELLED = "Cancelled"
    SUSPENDED = "Suspended"  # of an attempt alone: no failure


#: Named in a condition while the run is Starting; the reason of the failure at the start deadline.
START_CAUSES = frozenset(
    {
        Reason.IMAGE_PULL,
        Reason.CONTAINER_CONFIG,
        Reason.FORBIDDEN,
        Reason.QUOTA_EXCEEDED,
        Reason.UNSCHEDULABLE,
    }
)
#: Another attempt, under new names, may well end otherwise. What held a start up is none of these:
#: it had until the start deadline to heal; nor is what the same input brings about again.
RETRIED = frozenset(
    {
        Reason.RUNNER_CRASHED,
        Reason.CLUSTER_START_TIMEOUT,
        Reason.CLUSTER_LOST,
        Reason.SCHEDULER_LOST,
        Reason.WORKERS_LOST,
        Reason.RUNNER_LOST,
    }
)
#: The end that somebody chose: no rule tries again.
CHOSEN = frozenset({Reason.DEADLINE_EXCEEDED, Reason.CANCELLED, Reason.SUSPENDED})
#: What the runner itself may give as the reason in its verdict.
VERDICT_REASONS = frozenset(
    {
        Reason.INVALID_FLOW,
        Reason.INVALID_PARAMETERS,
        Reason.TASK_FAILED,
        Reason.VERSION_MISMATCH,
        Reason.SCHEDULER_LOST,
        Reason.WORKERS_LOST,
        Reason.RUNNER_CRASHED,
        Reason.CONTAINER_CONFIG,  # the place for results cannot be used
    }
)
