"""An operator for one namespace alone: scenarios that kill theirs can be played side by side."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from hack.kind import paths
from tests.chaos.local_operator import LocalOperator, service_account
from tests.chaos.proxy import Proxy
from tests.chaos.stand import Stand
from tests.e2e.release import Release


@contextmanager
def own_operator(stand: Stand, namespace: str) -> Iterator[Stand]:
    """The same stand with an operator, a proxy and a Lease of that namespace's own.

    The stand's operator, which serves every namespace, is ended first.
    """
    stand.operator.stop()
    told = {"FLOWRUN_WATCH_NAMESPACES": namespace, "FLOWRUN_LEASE_NAME": namespace}
    log = paths.LOGS / f"operator-of-{namespace.rpartition('-')[0]}.log"
    log.unlink(missing_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        _lease(stand.release, namespace),
        Proxy(stand.proxy.upstream) as proxy,
        LocalOperator(stand.release, proxy.kubeconfig(Path(folder)), log, told) as operator,
    ):
        operator.until_ready()
        yield replace(stand, proxy=proxy, operator=operator)


@contextmanager
def _lease(release: Release, name: str) -> Iterator[None]:
    """The right to one more Lease than the chart gives; afterwards neither is left."""
    body = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": name}}
    group = "rbac.authorization.k8s.io"
    right = {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"]}
    mine = {"resourceNames": [name], "verbs": ["get", "update"]}
    subject = {"apiGroup": group, "kind": "User", "name": service_account(release)}
    role = {"apiGroup": group, "kind": "Role", "name": name}
    try:
        release.kubectl.apply(
            {**body, "kind": "Role", "rules": [{**right, **mine}]},
            {**body, "kind": "RoleBinding", "roleRef": role, "subjects": [subject]},
        )
        yield
    finally:
        release.kubectl("delete", "lease,rolebinding,role", name, "--ignore-not-found")
