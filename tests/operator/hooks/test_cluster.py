"""What goes over the wire, and what becomes of the API server's answers."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from kubernetes import client

from flowrun_operator.hooks.cluster import ApiError, Cluster, Conflict, NotFound


class ApiServer(ThreadingHTTPServer):
    """Answers every request alike and remembers it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer: tuple[int, Any] = (200, {"items": []})
        self.requests: list[tuple[str, str, str | None, Any]] = []


class Handler(BaseHTTPRequestHandler):
    server: ApiServer

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        sent = json.loads(body) if body else None
        kind = self.headers.get("Content-Type") if sent else None
        self.server.requests.append((self.command, self.path, kind, sent))
        status, answer = self.server.answer
        text = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_PATCH = do_DELETE = _any

    def log_message(self, *_: Any) -> None:
        """Says nothing on stderr."""


@pytest.fixture
def server() -> Iterator[ApiServer]:
    with ApiServer() as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield server
        server.shutdown()


@pytest.fixture
def cluster(server: ApiServer) -> Cluster:
    address = f"http://127.0.0.1:{server.server_port}"
    return Cluster(client.ApiClient(client.Configuration(host=address)))


def test_apply_is_server_side_under_our_field_manager(cluster, server):
    manifest = {"kind": "CustomResourceDefinition", "metadata": {"name": "a.b"}}
    cluster.apply(manifest, force=False)
    ((method, path, kind, sent),) = server.requests
    assert (method, kind, sent) == ("PATCH", "application/apply-patch+yaml", manifest)
    assert path == (
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/a.b"
        "?fieldManager=flowrun-install&force=false"
    )


def test_scaling_patches_the_scale_subresource(cluster, server):
    cluster.scale_to_zero("flowrun-system", "flowrun-operator")
    assert server.requests == [
        (
            "PATCH",
            "/apis/apps/v1/namespaces/flowrun-system/deployments/flowrun-operator/scale",
            "application/merge-patch+json",
            {"spec": {"replicas": 0}},
        )
    ]


def test_a_cluster_is_deleted_in_the_foreground_and_only_that_very_one(cluster, server):
    cluster.delete_dask_cluster("team", "diamond-1-3f9c2", "u-1")
    ((method, path, _, sent),) = server.requests
    assert method == "DELETE"
    assert path.startswith("/apis/kubernetes.dask.org/v1/namespaces/team/daskclusters/diamond-1")
    assert sent == {"propagationPolicy": "Foreground", "preconditions": {"uid": "u-1"}}


def test_a_pod_is_deleted_with_its_own_grace_period_and_only_that_very_one(cluster, server):
    cluster.delete_pod("team", "diamond-1-3f9c2", "u-1")
    ((method, path, _, sent),) = server.requests
    assert (method, path) == ("DELETE", "/api/v1/namespaces/team/pods/diamond-1-3f9c2")
    assert sent == {"preconditions": {"uid": "u-1"}}


def test_pods_are_selected_by_the_server_in_all_namespaces(cluster, server):
    server.answer = (200, {"items": [{"metadata": {"name": "p"}}]})
    assert cluster.pods("flowrun.dev/uid", None) == [{"metadata": {"name": "p"}}]
    assert server.requests[0][:2] == ("GET", "/api/v1/pods?labelSelector=flowrun.dev/uid")


def test_pods_and_clusters_of_one_namespace_are_asked_for_there(cluster, server):
    cluster.pods("flowrun.dev/uid", "team")
    cluster.dask_clusters("flowrun.dev/uid", "team")
    assert [path.partition("?")[0] for _, path, _, _ in server.requests] == [
        "/api/v1/namespaces/team/pods",
        "/apis/kubernetes.dask.org/v1/namespaces/team/daskclusters",
    ]


@pytest.mark.parametrize(
    ("status", "error"), [(409, Conflict), (404, NotFound), (403, ApiError), (500, ApiError)]
)
def test_an_error_speaks_in_the_api_server_s_own_words(cluster, server, status, error):
    server.answer = (status, {"kind": "Status", "message": "because I say so"})
    with pytest.raises(error, match="because I say so"):
        cluster.apply({"kind": "CustomResourceDefinition", "metadata": {"name": "a"}}, force=True)


def test_pods_that_may_not_be_listed_are_an_error_and_not_none(cluster, server):
    server.answer = (403, {"kind": "Status", "message": "forbidden"})
    with pytest.raises(ApiError, match="forbidden"):
        cluster.pods("flowrun.dev/uid", None)


def test_where_the_kind_is_not_served_there_are_no_dask_clusters_and_no_definition(cluster, server):
    server.answer = (404, {"kind": "Status", "message": "no"})
    assert cluster.dask_clusters("flowrun.dev/uid", None) == []
    assert cluster.definition("a.b") is None


def test_an_api_server_that_is_away_is_an_error_of_ours(cluster, server):
    server.shutdown()
    server.server_close()
    with pytest.raises(ApiError, match="cannot be reached"):
        cluster.deployments()
