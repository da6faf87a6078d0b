"""Namespaced mode: both operators serve the named namespaces, with Roles there and nothing else."""

from collections.abc import Callable, Iterator

import pytest

from tests.e2e import audit
from tests.e2e.kube import Kubectl
from tests.e2e.namespaces import fresh_namespace
from tests.e2e.release import DASK_OPERATOR, OPERATOR, Release
from tests.e2e.runs import Run, status
from tests.e2e.specs import spec

pytestmark = [pytest.mark.e2e, pytest.mark.alone, pytest.mark.timeout(400)]


@pytest.fixture
def watched(operator: Release, namespace: str) -> Iterator[str]:
    """The one namespace that is served meanwhile."""
    operator.install("--set", f"watchNamespaces={{{namespace}}}")
    operator.until_ready()
    yield namespace
    operator.install()
    operator.until_ready()


def rights(service_account: str, namespace: str, where: str) -> str:
    """All that a ServiceAccount may do in a namespace, cluster-wide rights among it."""
    who = f"--as=system:serviceaccount:{namespace}:{service_account}"
    return Kubectl(where)("auth", "can-i", "--list", who).stdout


def test_a_run_in_a_watched_namespace_succeeds_with_roles_only_and_one_elsewhere_is_left_alone(
    operator: Release, watched: str, apply_flowrun: Callable[..., Run]
) -> None:
    with fresh_namespace("not-watched") as elsewhere:
        other = apply_flowrun(spec("diamond.py"), namespace=elsewhere)
        run = apply_flowrun(spec("diamond.py"), namespace=watched)
        run.until_phase("Succeeded")

        nobodys = rights("default", elsewhere, elsewhere)
        for account in (OPERATOR, DASK_OPERATOR):
            assert rights(account, operator.namespace, elsewhere) == nobodys
            assert rights(account, operator.namespace, watched) != nobodys
        assert status(other.kubectl.json("get", "flowrun", other.name)) == {}
        assert other.kubectl.json("get", "pods,daskclusters")["items"] == []
        ours = f"system:serviceaccount:{operator.namespace}:"
        asked = [each for each in audit.requests(elsewhere) if each.user.startswith(ours)]
        assert asked == []
        refused = [each for each in audit.requests(watched) if each.code == 403]
        assert refused == []
