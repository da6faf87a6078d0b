"""Both operators' Deployments: what they are told, and that they understand it."""

import tomllib

import kopf.cli
import pytest
import yaml

from flowrun_operator.settings import Settings
from tests.chart.conftest import CHART, ROOT
from tests.chart.manifests import names, pod_specs, the, variables

OPERATOR = "Deployment/flowrun-operator"
DASK_OPERATOR = "Deployment/flowrun-dask-operator"


def told(spec):
    """What the rendered Deployment makes the operator believe."""
    environment = variables(spec["containers"][0])
    # Where no value is rendered, the kubelet fills in the pod's namespace.
    return Settings.from_environment(
        {name: "flowrun-system" if value is None else value for name, value in environment.items()}
    )


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


@pytest.mark.parametrize("name", ["flowrun-operator", "flowrun-dask-operator"])
def test_there_is_never_more_than_one_of_each(render, name):
    spec = the(render(), "Deployment", name)["spec"]
    assert spec["replicas"] == 1
    assert spec["strategy"] == {"type": "Recreate"}


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
