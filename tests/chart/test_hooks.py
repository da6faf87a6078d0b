"""The Jobs around install and uninstall: when Helm runs them, and what they may."""

import importlib.util

import pytest

from flowrun_operator.api import crd
from flowrun_operator.hooks.definitions import DASK_CRD_NAMES
from flowrun_operator.hooks.install import REFUSED
from flowrun_operator.hooks.release import Release
from tests.chart.manifests import annotations, hook, names, pod_specs, the, variables

INSTALL, UNINSTALL = "flowrun-install", "flowrun-uninstall"
WHEN = {INSTALL: "pre-install,pre-upgrade", UNINSTALL: "pre-delete"}


def parts(manifests, name):
    return [m for m in manifests if m["metadata"]["name"].startswith(name)]


@pytest.mark.parametrize("name", WHEN)
def test_every_part_of_a_hook_is_a_hook_and_the_job_comes_last(render, name):
    every = parts(render(), name)
    assert {hook(part) for part in every} == {WHEN[name]}
    weights = {part["kind"]: int(annotations(part)["helm.sh/hook-weight"]) for part in every}
    assert max(weights, key=weights.__getitem__) == "Job"
    assert weights["ServiceAccount"] < weights["ClusterRoleBinding"] < weights["Job"]


@pytest.mark.parametrize("name", WHEN)
def test_a_hook_goes_when_it_succeeded_and_stays_for_its_log_when_it_failed(render, name):
    for part in parts(render(), name):
        policy = annotations(part)["helm.sh/hook-delete-policy"]
        assert policy == "before-hook-creation,hook-succeeded"
    job = annotations(the(render(), "Job", name))
    assert "hook-failed" in job["helm.sh/hook-output-log-policy"]


@pytest.mark.parametrize("name", WHEN)
def test_a_hook_runs_a_module_that_exists_for_the_release_that_it_is_told(render, name):
    (container,) = pod_specs(render())[f"Job/{name}"]["containers"]
    assert importlib.util.find_spec(container["command"][-1])
    release = Release.from_environment(variables(container))
    assert release == Release("flowrun", "flowrun-system")


def test_a_refusal_is_not_tried_again(render):
    (rule,) = the(render(), "Job", INSTALL)["spec"]["podFailurePolicy"]["rules"]
    assert rule["action"] == "FailJob"
    assert rule["onExitCodes"]["values"] == [REFUSED]


@pytest.mark.parametrize("enabled", ["true", "false"])
def test_the_install_hook_knows_whether_dask_kubernetes_operator_comes_along(render, enabled):
    manifests = render(f"daskOperator.enabled={enabled}")
    (container,) = pod_specs(manifests)[f"Job/{INSTALL}"]["containers"]
    assert variables(container)["FLOWRUN_DASK_OPERATOR"] == enabled


def test_the_install_hook_may_change_what_it_applies_and_nothing_else(render):
    rules = the(render(), "ClusterRole", INSTALL)["rules"]
    named = {name for rule in rules for name in rule.get("resourceNames", [])}
    applied = {crd.definition()["metadata"]["name"], *DASK_CRD_NAMES}
    applied |= {policy["metadata"]["name"] for policy in crd.admission_policy()}
    assert named == applied
    for rule in rules:
        assert rule.get("resourceNames") or set(rule["verbs"]) <= {"create", "list"}


def test_the_uninstall_hook_may_scale_our_operator_and_is_told_its_name(render):
    manifests = render()
    rule, _ = the(manifests, "Role", f"{UNINSTALL}-operator")["rules"]
    (container,) = pod_specs(manifests)[f"Job/{UNINSTALL}"]["containers"]
    deployment = variables(container)["FLOWRUN_OPERATOR_DEPLOYMENT"]
    assert rule["resourceNames"] == [deployment]
    assert f"Deployment/{deployment}" in names(manifests)


def test_without_crds_there_is_no_install_hook(render):
    here = names(render("crds.install=false"))
    assert not [name for name in here if name.endswith(INSTALL)]
    assert f"Job/{UNINSTALL}" in here
