"""The one place that names what is made for a run."""

from dataclasses import dataclass

from flowrun_operator.api import FlowRun

#: dask-kubernetes refuses longer ones: <name>-scheduler is a Service, and 63 its end.
LONGEST_CLUSTER_NAME = 53
LONGEST_NAME = 63

SCHEDULER_PORT = 8786
DASHBOARD_PORT = 8787
WORKER_DASHBOARD_PORT = 8788
PROGRESS_PORT = 8790


@dataclass(frozen=True)
class Names:
    """Names and addresses of one attempt at one run."""

    cluster: str
    scheduler: str
    worker_group: str
    runner_pod: str
    network_policy: str
    source: str
    post_mortem: str
    scheduler_address: str
    dashboard_url: str
    #: Below spec.results.location; the same for all attempts.
    results_url: str | None


def names(run: FlowRun, attempt: int, cluster: str | None = None) -> Names:
    """``cluster`` is an earlier attempt's, where this one uses it again.

    The uid keeps a run apart from its namesakes of the past, whose children may still be dying.

    A name that is too long loses its end, never the attempt or the uid.
    """
    name, uid = run.metadata.name, run.metadata.uid[:5].lower()
    own = _fit(name, f"-{attempt}-{uid}", LONGEST_CLUSTER_NAME)
    cluster = cluster or own
    host = f"{cluster}-scheduler.{run.metadata.namespace}.svc"
    return Names(
        cluster=cluster,
        scheduler=f"{cluster}-scheduler",
        worker_group=f"{cluster}-default",
        runner_pod=f"{own}-runner",
        network_policy=_fit(name, f"-{uid}", LONGEST_NAME),
        post_mortem=_fit(name, f"-{attempt}-{uid}-post-mortem", LONGEST_NAME),
        source=_fit(name, f"-{uid}-source", LONGEST_NAME),
        scheduler_address=f"tcp://{host}:{SCHEDULER_PORT}",
        dashboard_url=f"http://{host}:{DASHBOARD_PORT}/status",
        results_url=_results_url(run),
    )


def _results_url(run: FlowRun) -> str | None:
    if run.spec.results is None:
        return None
    own = f"{run.metadata.namespace}/{run.metadata.name}-{run.metadata.uid}"
    return f"{run.spec.results.location.rstrip('/')}/{own}"


def _fit(name: str, end: str, longest: int) -> str:
    # A Service's name begins with a letter, a FlowRun's may begin with a digit.
    start = name if name[0].isalpha() else f"r{name}"
    return start[: longest - len(end)].rstrip("-") + end
