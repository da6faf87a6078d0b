"""Before uninstall: stop our operator, then what unfinished runs have running.

    python -m flowrun_operator.hooks.uninstall

FlowRuns and CRDs stay. Helm takes away both operators afterwards, so this is the last moment in
which dask-kubernetes' operator can let its DaskClusters go. A later install judges the runs by what
it finds. Always exits 0: something left is told, and never keeps an uninstall from going on.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress

from flowrun_operator.hooks.cluster import Cluster, Conflict, NotFound
from flowrun_operator.hooks.patience import Patience
from flowrun_operator.hooks.release import LABEL_INSTANCE
from flowrun_operator.hooks.running import (
    SELECTOR,
    Running,
    running_clusters,
    running_pods,
)
from flowrun_operator.settings import names

_SECONDS = 60.0
#: Of these, what our operator may take to go; deleting begins then in any case.
_OPERATOR_SECONDS = 30.0


def uninstall(
    cluster: Cluster,
    *,
    namespace: str,
    deployment: str,
    pods: str,
    watched: Sequence[str],
    patience: Patience,
) -> list[Running]:
    """What is left when it is done, or when patience is at its end.

    ``pods`` selects the pods of our operator's Deployment; ``watched`` names the namespaces that it
    serves, none where it serves all.
    """
    say = patience.say
    if not patience.until(
        lambda: _operator_gone(cluster, namespace, deployment, pods), within=_OPERATOR_SECONDS
    ):
        say("our operator has not stopped: it may still write what it sees into FlowRuns")
    left: list[Running] = []

    def all_gone() -> bool:
        left[:] = _running(cluster, watched)
        for each in left:
            if each.owned and not each.deleting:
                say(f"deleting {each}")
                _delete(cluster, each)
        return not left

    if patience.until(all_gone):
        say("no run has anything running. FlowRuns and CRDs are kept.")
    elif not left:
        say(f"after {patience.seconds:g} s it is not known what still runs: kubectl get pods -A")
    else:
        names = (str(each) + (" (being deleted)" if each.deleting else "") for each in left)
        say(
            f"left after {patience.seconds:g} s, to be deleted by hand where it does not go by "
            f"itself: {', '.join(names)}"
        )
    return left


def _operator_gone(cluster: Cluster, namespace: str, deployment: str, pods: str) -> bool:
    with suppress(NotFound):  # deleted by hand: its pods are on their way
        cluster.scale_to_zero(namespace, deployment)
    return not cluster.pods(pods, namespace)


def _running(cluster: Cluster, watched: Sequence[str]) -> list[Running]:
    places = watched or (None,)
    pods = [pod for place in places for pod in cluster.pods(SELECTOR, place)]
    clusters = [each for place in places for each in cluster.dask_clusters(SELECTOR, place)]
    # Runners first: each is to see SIGTERM, not its scheduler going away.
    return running_pods(pods) + running_clusters(clusters)


def _delete(cluster: Cluster, one: Running) -> None:
    delete = cluster.delete_pod if one.kind == "Pod" else cluster.delete_dask_cluster
    # Gone since it was listed, or another one of that name has taken its place.
    with suppress(NotFound, Conflict):
        delete(one.namespace, one.name, one.uid)


def main(environment: Mapping[str, str] = os.environ) -> int:
    """Reads what the chart's Job sets."""
    uninstall(
        Cluster.from_pod(),
        namespace=environment["FLOWRUN_OPERATOR_NAMESPACE"],
        deployment=environment["FLOWRUN_OPERATOR_DEPLOYMENT"],
        pods=(
            f"{LABEL_INSTANCE}={environment['FLOWRUN_RELEASE_NAME']},"
            "app.kubernetes.io/component=operator"
        ),
        watched=names(environment["FLOWRUN_WATCH_NAMESPACES"]),
        patience=Patience(_SECONDS, lambda line: print(line, flush=True)),
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
