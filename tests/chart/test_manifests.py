"""Every rendered manifest is one that Kubernetes takes, whatever the values."""

import kubernetes_validate
import pytest
import yaml

from flowrun_operator.api.flowrun import FlowRun
from flowrun_operator.plan.pod_security import breaches
from tests.chart.conftest import CHART
from tests.chart.manifests import pod_specs

KUBERNETES = "1.34"
EVERYTHING = (
    'image={"repository":"registry.example/team/operator","tag":"1.2.3","pullPolicy":"Always"}',
    'runtimeImage={"repository":"registry.example/team/runtime","tag":"1.2.3"}',
    'imagePullSecrets=[{"name":"registry"}]',
    'podSecurity="namespace"',
    'allowedServiceAccounts=["default","flows"]',
    "networkPolicy.enabled=false",
    "metrics.service.enabled=true",
    "replicas=3",
    'watchNamespaces=["team-a","team-b"]',
    'nodeSelector={"kubernetes.io/os":"linux"}',
    'tolerations=[{"key":"dedicated","operator":"Exists","effect":"NoSchedule"}]',
    'affinity={"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":'
    '{"nodeSelectorTerms":[{"matchExpressions":[{"key":"zone","operator":"Exists"}]}]}}}',
    'priorityClassName="system-cluster-critical"',
)
NOTHING = (
    "crds.install=false",
    "daskOperator.enabled=false",
    "userRoles.create=false",
    "flowSchema.create=false",
    "resources={}",
    "hooks.resources={}",
    "allowedServiceAccounts=[]",
)
VALUES = pytest.mark.parametrize(
    "values", [(), EVERYTHING, NOTHING], ids=["defaults", "everything", "nothing"]
)


def test_the_chart_passes_strict_lint(helm):
    answer = helm("lint", "--strict", str(CHART))
    assert answer.returncode == 0, answer.stdout


@VALUES
def test_every_manifest_fits_the_schema_of_its_kind_strictly(render, values):
    for manifest in render(*values):
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)


@VALUES
def test_every_namespaced_manifest_names_the_release_s_namespace_or_a_watched_one(render, values):
    for manifest in render(*values):
        expected = {"flowrun-system"}
        if manifest["kind"] in {"ClusterRole", "ClusterRoleBinding", "FlowSchema"}:
            expected = {None}
        elif manifest["kind"] in {"Role", "RoleBinding"} and values == EVERYTHING:
            expected |= {"team-a", "team-b"}
        assert manifest["metadata"].get("namespace") in expected, manifest["metadata"]


@VALUES
def test_every_pod_has_its_placement_and_pull_secrets(render, values):
    expected = (
        {
            "imagePullSecrets": [{"name": "registry"}],
            "nodeSelector": {"kubernetes.io/os": "linux"},
            "priorityClassName": "system-cluster-critical",
        }
        if values == EVERYTHING
        else {}
    )
    for spec in pod_specs(render(*values)).values():
        assert expected.items() <= spec.items()
        assert expected or not {"imagePullSecrets", "nodeSelector"} & spec.keys()


@VALUES
def test_every_pod_fits_the_restricted_profile(render, values):
    specs = pod_specs(render(*values))
    assert len(specs) >= 2
    for name, spec in specs.items():
        assert list(breaches({"spec": spec}, name)) == []


@VALUES
def test_every_pod_has_a_read_only_root_and_a_bounded_tmp(render, values):
    for name, spec in pod_specs(render(*values)).items():
        (container,) = spec["containers"]
        assert container["securityContext"]["readOnlyRootFilesystem"] is True, name
        assert spec["volumes"] == [{"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}}], name


def test_a_release_with_the_longest_name_has_valid_names(helm):
    answer = helm("template", "r" * 53, str(CHART), "--namespace", "n" * 63)
    assert answer.returncode == 0, answer.stderr
    assert "r" * 46 not in "\n".join(
        line for line in answer.stdout.splitlines() if line.startswith("  name:")
    )


def test_the_notes_tell_the_next_commands_and_a_flowrun_that_is_valid(helm):
    answer = helm(
        "install", "flowrun", str(CHART), "--namespace", "flowrun-system", "--dry-run=client"
    )
    notes = answer.stdout.split("NOTES:\n")[1]
    for command in ("kubectl apply -f -", "kubectl get fr -w", "flowrun dashboard hello"):
        assert command in notes
    body = yaml.safe_load(notes.split("<<'EOF'\n")[1].split("  EOF")[0])
    body["metadata"] |= {"namespace": "x", "uid": "x", "creationTimestamp": "2026-11-22T05:00:00Z"}
    source = FlowRun.from_json(body).spec.flow.source
    assert source is not None
    assert source.inline is not None
    compile(source.inline["hello.py"], "hello.py", "exec")
