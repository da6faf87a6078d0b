"""Who may do what: our operator exactly what it calls, the others what the golden file says."""

from pathlib import Path

import pytest
import yaml

from flowrun_operator.perform.rights import RIGHTS
from tests.chart.manifests import names, the

GOLDEN = Path(__file__).parent / "golden" / "rbac.yaml"
ROLES = {"ClusterRole", "Role"}


def test_the_operator_has_exactly_the_rights_that_it_uses(render):
    role = the(render(), "ClusterRole", "flowrun-operator")
    granted = {
        (group, resource, verb)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    needed = {(right.group, right.resource, verb) for right in RIGHTS for verb in right.verbs}
    assert granted == needed


def test_no_log_is_read_where_the_chart_does_not_say_so(render):
    role = the(render("postMortem.logs=false"), "ClusterRole", "flowrun-operator")
    assert all("pods/log" not in rule["resources"] for rule in role["rules"])


def test_the_rules_of_every_role_are_the_reviewed_ones(render):
    rules = {
        f"{m['kind']}/{m['metadata']['name']}": m["rules"] for m in render() if m["kind"] in ROLES
    }
    assert rules == yaml.safe_load(GOLDEN.read_text()), (
        f"review the change, then write to {GOLDEN.name}:\n{yaml.safe_dump(rules)}"
    )


def test_no_rule_has_a_wildcard(render):
    for manifest in render():
        for rule in manifest.get("rules", []):
            assert "*" not in [*rule["verbs"], *rule["resources"], *rule["apiGroups"]]


def test_every_binding_joins_a_role_and_a_service_account_of_the_release(render):
    manifests = render()
    there = names(manifests)
    bindings = [m for m in manifests if m["kind"].endswith("Binding")]
    assert bindings
    for binding in bindings:
        assert f"{binding['roleRef']['kind']}/{binding['roleRef']['name']}" in there
        for subject in binding["subjects"]:
            assert f"ServiceAccount/{subject['name']}" in there
            assert subject["namespace"] == "flowrun-system"


@pytest.mark.parametrize(("role", "verbs"), [("view", {"get", "list", "watch"}), ("edit", None)])
def test_users_of_a_namespace_get_flowruns_through_kubernetes_own_roles(render, role, verbs):
    mine = the(render(), "ClusterRole", f"flowrun-flowruns-{role}")
    assert mine["metadata"]["labels"][f"rbac.authorization.k8s.io/aggregate-to-{role}"] == "true"
    granted = {verb for rule in mine["rules"] for verb in rule["verbs"]}
    assert granted == (verbs or {"create", "update", "patch", "delete", "deletecollection"})


def test_the_aggregated_roles_can_be_left_out(render):
    assert not [n for n in names(render("userRoles.create=false")) if "flowruns" in n]
