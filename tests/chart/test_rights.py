"""Who may do what: our operator exactly what it calls, the others what the golden file says."""

from pathlib import Path

import pytest
import yaml

from flowrun_operator.perform.rights import LEASE_RIGHTS, RIGHTS
from tests.chart.manifests import names, the

GOLDEN = Path(__file__).parent / "golden" / "rbac.yaml"
ROLES = {"ClusterRole", "Role"}
NAMESPACED = 'watchNamespaces=["team-a","team-b"]'


def granted(role):
    """Group, resource, verb of every rule."""
    return {
        (group, resource, verb)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def needed(rights):
    return {(right.group, right.resource, verb) for right in rights for verb in right.verbs}


def lent(manifests, service_account):
    """What a ServiceAccount may do: the rights of each role that is bound to it, by namespace."""
    found = {}
    for binding in manifests:
        if not binding["kind"].endswith("Binding"):
            continue
        if service_account not in {subject["name"] for subject in binding["subjects"]}:
            continue
        where = binding["metadata"].get("namespace")
        kind, name = binding["roleRef"]["kind"], binding["roleRef"]["name"]
        (role,) = [
            m
            for m in manifests
            if (m["kind"], m["metadata"]["name"], m["metadata"].get("namespace"))
            == (kind, name, where)
        ]
        found[where] = found.get(where, set()) | granted(role)
    return found


def test_the_operator_has_exactly_the_rights_that_it_uses(render):
    assert lent(render(), "flowrun-operator") == {
        None: needed(RIGHTS),
        "flowrun-system": needed(LEASE_RIGHTS),
    }


def test_where_namespaces_are_named_the_operator_has_the_same_rights_there_and_no_other(render):
    assert lent(render(NAMESPACED), "flowrun-operator") == {
        "team-a": needed(RIGHTS),
        "team-b": needed(RIGHTS),
        "flowrun-system": needed(LEASE_RIGHTS),
    }


def test_the_release_s_own_namespace_may_be_among_the_watched(render):
    manifests = render('watchNamespaces=["flowrun-system"]')
    assert lent(manifests, "flowrun-operator") == {"flowrun-system": needed(RIGHTS + LEASE_RIGHTS)}


@pytest.mark.parametrize("account", ["flowrun-dask-operator", "flowrun-uninstall"])
def test_where_namespaces_are_named_the_others_keep_to_them_too(render, account):
    everywhere, named = lent(render(), account), lent(render(NAMESPACED), account)
    crds = {right for right in everywhere[None] if right[0] == "apiextensions.k8s.io"}
    assert named.keys() - {"flowrun-system"} == {"team-a", "team-b"}
    assert named["team-a"] == named["team-b"] == everywhere[None] - crds


def test_an_installation_by_hand_needs_no_right_beyond_the_named_namespaces(render):
    manifests = render(
        NAMESPACED, "crds.install=false", "userRoles.create=false", "flowSchema.create=false"
    )
    assert {n for n in names(manifests) if n.startswith("Cluster")} == set()


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


@pytest.mark.parametrize("values", [(), (NAMESPACED,)])
def test_no_rule_has_a_wildcard(render, values):
    for manifest in render(*values):
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
