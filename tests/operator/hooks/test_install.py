"""Before install and upgrade: which CRDs are applied, and when nothing is."""

import pytest

from flowrun_operator.hooks.cluster import ApiError
from flowrun_operator.hooks.definitions import DASK_CRD_NAMES, dask_definitions
from flowrun_operator.hooks.install import REFUSED, install

OURS = "flowruns.flowrun.dev"
LABELS = {"flowrun.dev/release": "flowrun", "flowrun.dev/release-namespace": "flowrun-system"}


def crd(name, labels=None):
    return {"metadata": {"name": name, "labels": labels or {}}, "spec": {}}


def deployment(name, namespace="dask", labels=None, **container):
    return {
        "metadata": {"name": name, "namespace": namespace, "labels": labels or {}},
        "spec": {"template": {"spec": {"containers": [{"name": "c", **container}]}}},
    }


def test_an_empty_cluster_gets_both_crd_sets_with_the_release_s_labels(
    cluster, release, patience, said
):
    assert install(cluster, release, dask_operator=True, patience=patience) == 0
    assert sorted(cluster.crds) == sorted([OURS, *DASK_CRD_NAMES])
    for applied in cluster.crds.values():
        assert LABELS.items() <= applied["metadata"]["labels"].items()
    assert said[-1] == "5 CRDs are served."


def test_what_the_release_applied_before_is_applied_again(cluster, release, patience):
    install(cluster, release, dask_operator=True, patience=patience)
    cluster.calls.clear()
    assert install(cluster, release, dask_operator=True, patience=patience) == 0
    assert len(cluster.calls) == 7


def test_the_policy_follows_once_the_crds_are_served(cluster, release, patience):
    install(cluster, release, dask_operator=True, patience=patience)
    assert cluster.calls[-2:] == [
        "apply ValidatingAdmissionPolicy flowrun-immutable-fields",
        "apply ValidatingAdmissionPolicyBinding flowrun-immutable-fields",
    ]


def test_dask_crds_of_others_are_left_alone_with_the_way_out_in_the_message(
    cluster, release, patience, said
):
    cluster.crds = {"daskclusters.kubernetes.dask.org": crd("daskclusters.kubernetes.dask.org")}
    assert install(cluster, release, dask_operator=True, patience=patience) == REFUSED
    assert cluster.calls == []
    told = "\n".join(said)
    assert "daskclusters.kubernetes.dask.org" in told
    assert "--set daskOperator.enabled=false" in told
    assert "kubectl label crd --overwrite daskclusters.kubernetes.dask.org" in told
    assert said[-1] == "Nothing was changed."


@pytest.mark.parametrize(
    "other",
    [
        deployment("dask", labels={"app.kubernetes.io/name": "dask-kubernetes-operator"}),
        deployment("dask", image="registry/dask/dask-kubernetes-operator:2026.3.0"),
        deployment("dask", args=["run", "-m", "dask_kubernetes.operator.controller"]),
        deployment("dask", command=["kopf", "run", "--module=dask_kubernetes.operator.controller"]),
    ],
    ids=["chart's label", "image", "arguments", "command"],
)
def test_another_dask_operator_is_refused_however_it_was_deployed(
    cluster, release, patience, said, other
):
    cluster.deployment_list = [other]
    assert install(cluster, release, dask_operator=True, patience=patience) == REFUSED
    assert cluster.calls == []
    assert "Deployment dask/dask" in said[0]


def test_the_release_s_own_dask_operator_is_no_other(cluster, release, patience):
    own = deployment(
        "flowrun-dask-operator",
        namespace="flowrun-system",
        labels={"app.kubernetes.io/instance": "flowrun"},
        command=["kopf", "run", "--module=dask_kubernetes.operator.controller"],
    )
    cluster.deployment_list = [own, deployment("web", image="nginx")]
    assert install(cluster, release, dask_operator=True, patience=patience) == 0


def test_a_release_of_the_same_name_elsewhere_is_another(cluster, release, patience, said):
    elsewhere = LABELS | {"flowrun.dev/release-namespace": "team-a"}
    cluster.crds = {OURS: crd(OURS, elsewhere)}
    assert install(cluster, release, dask_operator=False, patience=patience) == REFUSED
    assert "belongs to another release" in said[0]


def test_a_crd_of_ours_that_was_applied_by_hand_is_taken_over(cluster, release, patience):
    cluster.crds = {OURS: crd(OURS)}
    assert install(cluster, release, dask_operator=True, patience=patience) == 0
    assert LABELS.items() <= cluster.crds[OURS]["metadata"]["labels"].items()


def test_beside_somebody_else_s_dask_operator_only_our_crd_is_applied(cluster, release, patience):
    cluster.crds = {name: crd(name) for name in DASK_CRD_NAMES}
    cluster.deployment_list = [deployment("dask", image="dask-kubernetes-operator:1")]
    assert install(cluster, release, dask_operator=False, patience=patience) == 0
    assert [call for call in cluster.calls if "Policy" not in call] == [
        f"apply CustomResourceDefinition {OURS}"
    ]


def test_without_our_dask_operator_its_crds_must_be_there(cluster, release, patience, said):
    assert install(cluster, release, dask_operator=False, patience=patience) == REFUSED
    assert cluster.calls == []
    assert all(name in said[0] for name in DASK_CRD_NAMES)


def test_a_hand_edited_crd_is_overwritten_and_the_editor_named(cluster, release, patience, said):
    cluster.conflicts = {OURS}
    assert install(cluster, release, dask_operator=True, patience=patience) == 0
    assert f'{OURS} was changed by someone else, who loses: conflict with "kubectl-edit"' in said[0]


def test_a_crd_that_is_never_served_is_named_at_the_end_of_patience(
    cluster, release, patience, passed
):
    cluster.establishes = False
    with pytest.raises(ApiError, match=f"not served after 60 s: {OURS}"):
        install(cluster, release, dask_operator=True, patience=patience)
    assert passed.now >= 60


def test_the_installed_wheel_of_dask_kubernetes_holds_the_crds_that_are_expected():
    definitions = dask_definitions()
    assert sorted(d["metadata"]["name"] for d in definitions) == sorted(DASK_CRD_NAMES)
    assert all(d["spec"]["versions"][0]["schema"]["openAPIV3Schema"] for d in definitions)
