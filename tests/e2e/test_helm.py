"""The life of the release: install from nothing, upgrade, refusals, uninstall beside a run.

One release serves the cluster, so these tests take it away from the others and give it back.
The operators' namespace enforces the restricted profile: every pod of ours must be admitted there.
"""

import json
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator

import pytest

from tests.e2e import audit
from tests.e2e.kube import Kubectl, run_tool
from tests.e2e.leftovers import settle
from tests.e2e.namespaces import RESTRICTED, fresh_namespace
from tests.e2e.release import CHART, VALUES, Release
from tests.e2e.runs import Run, status
from tests.e2e.specs import spec

pytestmark = [pytest.mark.e2e, pytest.mark.alone, pytest.mark.timeout(300)]

FLOWRUN_CRD = "flowruns.flowrun.dev"
DASK_CRDS = [
    f"{plural}.kubernetes.dask.org"
    for plural in ("daskautoscalers", "daskclusters", "daskjobs", "daskworkergroups")
]
RELEASE_LABELS = {
    "flowrun.dev/release": "flowrun",
    "flowrun.dev/release-namespace": "flowrun-system",
}


@pytest.fixture(scope="module", autouse=True)
def restricted(operator: Release) -> None:
    operator.kubectl("label", "namespace", operator.namespace, RESTRICTED, "--overwrite")


@pytest.fixture(autouse=True)
def given_back(operator: Release) -> Iterator[None]:
    """Whatever a test did, the next finds the product installed."""
    yield
    if operator.state() != "deployed":
        operator.install()
    operator.until_ready()


def upgrade(*values: str) -> "subprocess.CompletedProcess[str]":
    """helm upgrade --install that may fail."""
    return run_tool(
        "helm", "upgrade", "--install", "flowrun", CHART, "--namespace", "flowrun-system",
        *VALUES, *values, "--wait", "--timeout", "180s",
        check=False, timeout=240,
    )  # fmt: skip


def uninstall() -> str:
    """helm uninstall; what it printed, the hook's log among it."""
    answer = run_tool("helm", "uninstall", "flowrun", "-n", "flowrun-system", "--wait", timeout=240)
    return answer.stdout + answer.stderr


def resource_versions(kubectl: Kubectl) -> dict[str, str]:
    crds = kubectl.json("get", "crd", FLOWRUN_CRD, *DASK_CRDS)["items"]
    return {crd["metadata"]["name"]: crd["metadata"]["resourceVersion"] for crd in crds}


def release_labels(kubectl: Kubectl) -> dict[str, dict[str, str]]:
    crds = kubectl.json("get", "crd", FLOWRUN_CRD, *DASK_CRDS)["items"]
    return {
        crd["metadata"]["name"]: {
            key: value
            for key, value in crd["metadata"].get("labels", {}).items()
            if key in RELEASE_LABELS
        }
        for crd in crds
    }


def test_uninstall_stops_an_unfinished_run_and_a_later_install_judges_it(
    operator: Release, kubectl: Kubectl, apply_flowrun: Callable[..., Run]
) -> None:
    run = apply_flowrun(spec("long.py", {"backoffLimit": 0}))
    run.until_phase("Running")

    printed = uninstall()

    for each in (f"Pod {run.namespace}/", f"DaskCluster {run.namespace}/"):
        assert f"deleting {each}" in printed
    # Nothing of this run is left; an earlier test's namespace may still be going.
    assert run.namespace not in printed.partition("left after")[2]
    assert run.kubectl.json("get", "pods,daskclusters,daskworkergroups,deployments")["items"] == []
    assert run.kubectl.json("get", "flowrun", run.name)["status"]["phase"] == "Running"
    assert set(release_labels(kubectl)) == {FLOWRUN_CRD, *DASK_CRDS}
    assert settle(operator.namespace, set(), timeout=60) == set()  # hooks and all
    ours = kubectl("get", "clusterroles,clusterrolebindings", "-o", "name").stdout
    assert "/flowrun-" not in ours

    operator.install()

    ended = status(run.until_finished())
    # Cluster and runner are both gone; the judge asks for the cluster first.
    assert (ended["phase"], ended["reason"]) == ("Failed", "ClusterLost")


def test_install_from_nothing_serves_both_crd_sets_and_runs_a_flow(
    operator: Release, kubectl: Kubectl, apply_flowrun: Callable[..., Run]
) -> None:
    uninstall()
    # The FlowRun CRD stays, since all FlowRuns would go with it: as if applied with kubectl.
    kubectl("delete", "crd", *DASK_CRDS)
    kubectl("label", "crd", FLOWRUN_CRD, *(f"{label}-" for label in RELEASE_LABELS))

    operator.install()

    assert release_labels(kubectl) == dict.fromkeys([FLOWRUN_CRD, *DASK_CRDS], RELEASE_LABELS)
    operator.until_ready()
    assert operator.deployments() == ["flowrun-dask-operator", "flowrun-operator"]
    run = apply_flowrun(spec("diamond.py"))
    run.until_phase("Succeeded")
    assert [each for each in audit.requests(run.namespace) if each.code == 403] == []


def test_an_upgrade_applies_the_crds_again(operator: Release, kubectl: Kubectl) -> None:
    path = "/spec/versions/0/schema/openAPIV3Schema/description"
    wanted = kubectl.json("get", "crd", FLOWRUN_CRD)["spec"]
    edit = json.dumps([{"op": "add", "path": path, "value": "Of an older version."}])
    kubectl("patch", "crd", FLOWRUN_CRD, "--type=json", "-p", edit)
    assert kubectl.json("get", "crd", FLOWRUN_CRD)["spec"] != wanted

    operator.install()

    assert kubectl.json("get", "crd", FLOWRUN_CRD)["spec"] == wanted


@pytest.fixture
def foreign_dask_crds(operator: Release, kubectl: Kubectl) -> Iterator[None]:
    """Dask's CRDs, as if somebody else had applied them."""
    kubectl("label", "crd", *DASK_CRDS, *(f"{label}-" for label in RELEASE_LABELS))
    yield
    labels = [f"{label}={value}" for label, value in RELEASE_LABELS.items()]
    kubectl("label", "crd", "--overwrite", *DASK_CRDS, *labels)


@pytest.mark.usefixtures("foreign_dask_crds")
def test_foreign_crds_are_refused_unchanged_and_handed_over_as_the_message_says(
    operator: Release, kubectl: Kubectl
) -> None:
    before = resource_versions(kubectl)

    answer = upgrade()

    kept_log = operator.kubectl("logs", "job/flowrun-install").stdout
    assert answer.returncode != 0
    for told in (answer.stdout + answer.stderr, kept_log):
        assert "refused: these CRDs were not applied by this release" in told
        assert "--set daskOperator.enabled=false" in told
    assert resource_versions(kubectl) == before
    operator.until_ready()  # what ran before still does

    hand_over = re.search(r"kubectl (label crd --overwrite .*)", kept_log)
    assert hand_over, kept_log
    kubectl(*shlex.split(hand_over[1]))
    operator.install()
    assert release_labels(kubectl) == dict.fromkeys([FLOWRUN_CRD, *DASK_CRDS], RELEASE_LABELS)


def test_another_dask_kubernetes_operator_is_refused(operator: Release, kubectl: Kubectl) -> None:
    with fresh_namespace("other-dask-operator") as elsewhere:
        kubectl.inside(elsewhere)(
            "create", "deployment", "theirs", "--replicas=0", "--image=x",
            "--", "kopf", "run", "-m", "dask_kubernetes.operator.controller",
        )  # fmt: skip
        answer = upgrade()
        kubectl.inside(elsewhere)("delete", "deployment", "theirs")
    assert answer.returncode != 0
    printed = answer.stdout + answer.stderr
    assert f"another dask-kubernetes operator exists: Deployment {elsewhere}/theirs" in printed
    operator.until_ready()  # what ran before the upgrade still does
    operator.install()
