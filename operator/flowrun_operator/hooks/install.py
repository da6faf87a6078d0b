"""Before install and upgrade: apply the CRDs and the policy beside ours, or stop.

It stops where going on would break what is there: CRDs or an operator of somebody else.

    python -m flowrun_operator.hooks.install

Exit codes: 0 all CRDs are served; 3 refused, nothing was changed (the Job does not try again);
1 the API server failed us (the Job does).
"""

import os
import sys
from collections.abc import Iterable

from flowrun_operator.hooks.cluster import ApiError, Cluster, Conflict
from flowrun_operator.hooks.definitions import (
    DASK_CRD_NAMES,
    dask_definitions,
    flowrun_definition,
    flowrun_policies,
)
from flowrun_operator.hooks.patience import Patience, Say
from flowrun_operator.hooks.refusals import refusals
from flowrun_operator.hooks.release import Manifest, Release

REFUSED = 3
_ESTABLISHED_WITHIN = 60.0


def install(cluster: Cluster, release: Release, *, dask_operator: bool, patience: Patience) -> int:
    """Applies what this release brings; the exit code. Raises ApiError."""
    say = patience.say
    ours = flowrun_definition()
    definitions = [ours, *(dask_definitions() if dask_operator else [])]
    served = _served(cluster, {ours["metadata"]["name"], *DASK_CRD_NAMES})
    against = refusals(
        release,
        dask_operator=dask_operator,
        served=served,
        deployments=cluster.deployments() if dask_operator else [],
    )
    if against:
        for reason in against:
            say(f"refused: {reason}")
        say("Nothing was changed.")
        return REFUSED
    for crd in definitions:
        _apply(cluster, _labelled(crd, release), say)
    waiting = [crd["metadata"]["name"] for crd in definitions]
    if not patience.until(lambda: all(_established(cluster.definition(name)) for name in waiting)):
        unready = [name for name in waiting if not _established(cluster.definition(name))]
        raise ApiError(f"not served after {patience.seconds:g} s: {', '.join(unready)}")
    for policy in flowrun_policies():
        _apply(cluster, _labelled(policy, release), say)
    say(f"{len(waiting)} CRDs are served.")
    return 0


def _served(cluster: Cluster, names: Iterable[str]) -> dict[str, Manifest]:
    found = {name: cluster.definition(name) for name in sorted(names)}
    return {name: crd for name, crd in found.items() if crd is not None}


def _labelled(manifest: Manifest, release: Release) -> Manifest:
    metadata = manifest["metadata"]
    labels = {**metadata.get("labels", {}), **release.labels}
    return {**manifest, "metadata": {**metadata, "labels": labels}}


def _apply(cluster: Cluster, manifest: Manifest, say: Say) -> None:
    """The release's version wins over hand edits, but never silently."""
    which = f"{manifest['kind']} {manifest['metadata']['name']}"
    try:
        cluster.apply(manifest, force=False)
    except Conflict as conflict:
        say(f"{which} was changed by someone else, who loses: {conflict}")
        cluster.apply(manifest, force=True)
    say(f"applied {which}")


def _established(crd: Manifest | None) -> bool:
    conditions = crd.get("status", {}).get("conditions", []) if crd else []
    return any(c["type"] == "Established" and c["status"] == "True" for c in conditions)


def main() -> int:
    """Reads what the chart's Job sets."""
    release = Release.from_environment(os.environ)
    try:
        return install(
            Cluster.from_pod(),
            release,
            dask_operator=os.environ["FLOWRUN_DASK_OPERATOR"] == "true",
            patience=Patience(_ESTABLISHED_WITHIN, _say),
        )
    except ApiError as error:
        _say(f"failed: {error}")
        return 1


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
