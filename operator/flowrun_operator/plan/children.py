"""Everything that should exist for an attempt at a run."""

from flowrun_operator.api import FlowRun
from flowrun_operator.plan.admission import problems
from flowrun_operator.plan.dask_cluster import dask_cluster
from flowrun_operator.plan.manifest import Manifest
from flowrun_operator.plan.network_policy import network_policy
from flowrun_operator.plan.runner_pod import runner_pod
from flowrun_operator.plan.source import source_config_map
from flowrun_operator.settings import Settings

__all__ = ["Manifest", "children", "problems"]


def children(
    run: FlowRun, settings: Settings, attempt: int, cluster: str | None = None
) -> tuple[Manifest, ...]:
    """``cluster`` is the name of the one that an earlier attempt has left for this one.

    In the order of their creation, for a spec that has no problems.

    The NetworkPolicy stands before the first pod listens. The cluster comes before the runner,
    since it takes longer to start.
    """
    wanted = (
        network_policy(run, settings) if settings.network_policy else None,
        source_config_map(run),
        dask_cluster(run, settings, attempt) if cluster is None else None,
        runner_pod(run, settings, attempt, cluster),
    )
    return tuple(child for child in wanted if child is not None)
