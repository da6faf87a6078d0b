"""Both operators' Deployments: what they are told, and that they understand it."""

import tomllib

import kopf.cli
import pytest
import yaml

from flowrun_operator.perform.rights import LEASE_RIGHTS
from flowrun_operator.process import Process
from flowrun_operator.settings import Settings
from tests.chart.conftest import CHART, ROOT
from tests.chart.manifests import names, pod_specs, the, variables

OPERATOR = "Deployment/flowrun-operator"
DASK_OPERATOR = "Deployment/flowrun-dask-operator"


def filled(container):
    """The container's environment. Where no value is rendered, the kubelet fills it in."""
    by_kubelet = {"FLOWRUN_OPERATOR_NAMESPACE": "flowrun-system", "FLOWRUN_POD_NAME": "pod-a"}
    return {
        name: by_kubelet[name] if value is None else value
        for name, value in variables(container).items()
    }


def told(spec):
    """What the rendered Deployment makes the operator believe."""
    return Settings.from_environment(filled(spec["containers"][0]))


def test_the_defaults_of_the_chart_are_the_settings_defaults(render):
    assert told(pod_specs(render())[OPERATOR]) == Settings(
        runtime_image="flowrun-runtime:0.1.0", operator_namespace="flowrun-system"
    )


def test_every_value_reaches_the_operator(render):
    manifests = render(
        'runtimeImage={"repository":"r.example/runtime","tag":"dev"}',
        'allowedServiceAccounts=["default","flows"]',
        'podSecurity="namespace"',
        "networkPolicy.enabled=false",
    )
    assert told(pod_specs(manifests)[OPERATOR]) == Settings(
        runtime_image="r.example/runtime:dev",
        operator_namespace="flowrun-system",
        allowed_service_accounts=frozenset({"default", "flows"}),
        pod_security="namespace",
        network_policy=False,
    )


def test_no_allowed_service_account_means_none(render):
    settings = told(pod_specs(render("allowedServiceAccounts=[]"))[OPERATOR])
    assert settings.allowed_service_accounts == frozenset()


def test_two_replicas_of_ours_and_never_two_of_dask_kubernetes_operator(render):
    ours, theirs = (
        the(render(), "Deployment", f"flowrun-{name}")["spec"]
        for name in ("operator", "dask-operator")
    )
    both_anew = {"maxSurge": "100%", "maxUnavailable": 0}
    assert ours["replicas"] == 2
    assert ours["strategy"] == {"type": "RollingUpdate", "rollingUpdate": both_anew}
    assert (theirs["replicas"], theirs["strategy"]) == (1, {"type": "Recreate"})
    assert the(render("replicas=1"), "Deployment", "flowrun-operator")["spec"]["replicas"] == 1


def test_the_replicas_are_known_by_their_pods_and_meet_at_the_lease_that_they_may_write(render):
    manifests = render()
    (container,) = pod_specs(manifests)[OPERATOR]["containers"]
    (name,) = [entry for entry in container["env"] if entry["name"] == "FLOWRUN_POD_NAME"]
    assert name["valueFrom"] == {"fieldRef": {"fieldPath": "metadata.name"}}
    lease = Process.from_environment(filled(container)).lease
    rules = the(manifests, "Role", "flowrun-operator-lease")["rules"]
    (writing,) = [rule for rule in rules if "update" in rule["verbs"]]
    assert (lease.namespace, [lease.name]) == ("flowrun-system", writing["resourceNames"])
    assert "spec" not in the(manifests, "Lease", lease.name)  # no upgrade takes it from its holder


def test_the_lease_is_renewed_before_what_other_service_accounts_ask(render):
    manifests = render()
    spec = the(manifests, "FlowSchema", "flowrun-operator-lease")["spec"]
    (rule,) = spec["rules"]
    (subject,) = rule["subjects"]
    (what,) = rule["resourceRules"]
    (lease,) = [m for m in manifests if m["kind"] == "Lease"]
    assert spec["priorityLevelConfiguration"] == {"name": "leader-election"}
    assert spec["matchingPrecedence"] < 9000
    assert subject["serviceAccount"]["name"] == pod_specs(manifests)[OPERATOR]["serviceAccountName"]
    assert what["namespaces"] == [lease["metadata"]["namespace"]]
    (asked,) = LEASE_RIGHTS
    assert (what["resources"], set(what["verbs"])) == ([asked.resource], asked.verbs)


@pytest.mark.parametrize("name", ["flowrun-operator", "flowrun-dask-operator"])
def test_a_stuck_loop_is_ended_within_a_minute_and_a_slow_one_is_not(render, name):
    (container,) = pod_specs(render())[f"Deployment/{name}"]["containers"]
    probe = container["livenessProbe"]
    rounds = probe["failureThreshold"] * probe["periodSeconds"] + probe["timeoutSeconds"]
    # A main loop that is busy for a moment is no stuck one.
    assert 20 < rounds <= 70
    assert probe["timeoutSeconds"] >= 5


def test_the_watched_namespaces_reach_both_operators_and_the_uninstall_hook(render):
    specs = pod_specs(render('watchNamespaces=["team-a","team-b"]'))
    (ours,), (theirs,), (hook,) = (
        specs[name]["containers"] for name in (OPERATOR, DASK_OPERATOR, "Job/flowrun-uninstall")
    )
    assert Process.from_environment(filled(ours)).namespaces == ("team-a", "team-b")
    assert variables(hook)["FLOWRUN_WATCH_NAMESPACES"] == "team-a,team-b"
    options = kopf.cli.main.commands["run"].make_context("run", theirs["command"][2:]).params
    assert options["namespaces"] == ("team-a", "team-b")
    assert not options["clusterwide"]
    assert options["modules"][-1] == "flowrun_operator.without_scanning"


def test_chart_package_and_image_tags_have_one_version(render):
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert (chart["version"], chart["appVersion"]) == (version, version)
    images = {spec["containers"][0]["image"] for spec in pod_specs(render()).values()}
    assert images == {f"flowrun-operator:{version}"}


def test_kopf_understands_the_command_line_of_dask_kubernetes_operator(render):
    command = pod_specs(render())[DASK_OPERATOR]["containers"][0]["command"]
    program, run, *arguments = command
    assert (program, run) == ("kopf", "run")
    options = kopf.cli.main.commands["run"].make_context("run", arguments).params
    assert options["clusterwide"] is True
    assert options["standalone"] is True
    assert options["modules"] == ("dask_kubernetes.operator.controller",)


def test_without_dask_kubernetes_operator_nothing_of_it_is_rendered(render):
    here = names(render("daskOperator.enabled=false"))
    assert not [name for name in here if "dask-operator" in name]
    assert OPERATOR in here


def test_the_metrics_service_selects_the_operator_alone(render):
    assert not names(render(), "Service")
    manifests = render("metrics.service.enabled=true")
    selector = the(manifests, "Service", "flowrun-operator-metrics")["spec"]["selector"]
    selected = [
        f"{m['kind']}/{m['metadata']['name']}"
        for m in manifests
        if m["kind"] in {"Deployment", "Job"}
        and selector.items() <= m["spec"]["template"]["metadata"]["labels"].items()
    ]
    assert selected == [OPERATOR]
