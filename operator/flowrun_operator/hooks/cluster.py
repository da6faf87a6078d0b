"""What the hooks ask of the API server: plain objects in and out, errors translated once."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import urllib3
from kubernetes import client, config

from flowrun_operator.hooks.release import Manifest

#: Stands in the CRDs' managedFields; a person reads there who applied what.
FIELD_MANAGER = "flowrun-install"

#: What may be applied, by kind: group, version, plural.
_APPLIED = {
    "CustomResourceDefinition": ("apiextensions.k8s.io", "v1", "customresourcedefinitions"),
    "ValidatingAdmissionPolicy": (
        "admissionregistration.k8s.io",
        "v1",
        "validatingadmissionpolicies",
    ),
    "ValidatingAdmissionPolicyBinding": (
        "admissionregistration.k8s.io",
        "v1",
        "validatingadmissionpolicybindings",
    ),
}
_DEPLOYMENTS = ("apps", "v1", "deployments")
_DASK_CLUSTERS = ("kubernetes.dask.org", "v1", "daskclusters")
_APPLY = "application/apply-patch+yaml"
_MERGE = "application/merge-patch+json"
_SECONDS = 10  # one request; a hung API server must not eat the hook's time


class ApiError(Exception):
    """The API server said no, or could not be reached."""


class NotFound(ApiError):
    """There is no such object, or no such kind."""


class Conflict(ApiError):
    """Another field manager owns a field with another value; the message names both."""


class Cluster:
    """The API server, as the hooks use it."""

    def __init__(self, api: client.ApiClient) -> None:
        self._custom = client.CustomObjectsApi(api)
        self._core = client.CoreV1Api(api)

    @classmethod
    def from_pod(cls) -> "Cluster":
        """With the ServiceAccount of the pod this runs in."""
        config.load_incluster_config()
        return cls(client.ApiClient())

    def definition(self, name: str) -> Manifest | None:
        """The CRD of that name, or None."""
        try:
            with _translated():
                return _object(
                    self._custom.get_cluster_custom_object(
                        *_APPLIED["CustomResourceDefinition"], name, _request_timeout=_SECONDS
                    )
                )
        except NotFound:
            return None

    def apply(self, manifest: Manifest, *, force: bool) -> None:
        """Server-side: the larger CRDs do not fit into client-side apply's annotation."""
        with _translated():
            self._custom.patch_cluster_custom_object(
                *_APPLIED[manifest["kind"]],
                manifest["metadata"]["name"],
                manifest,
                field_manager=FIELD_MANAGER,
                force=force,
                _content_type=_APPLY,
                _request_timeout=_SECONDS,
            )

    def deployments(self) -> list[Manifest]:
        """Every Deployment of every namespace."""
        with _translated():
            return _items(
                self._custom.list_cluster_custom_object(*_DEPLOYMENTS, _request_timeout=_SECONDS)
            )

    def scale_to_zero(self, namespace: str, deployment: str) -> None:
        """Raises NotFound where the Deployment is gone already."""
        group, version, plural = _DEPLOYMENTS
        with _translated():
            self._custom.patch_namespaced_custom_object_scale(
                group,
                version,
                namespace,
                plural,
                deployment,
                {"spec": {"replicas": 0}},
                _content_type=_MERGE,
                _request_timeout=_SECONDS,
            )

    def pods(self, selector: str, namespace: str | None) -> list[Manifest]:
        """Pods with these labels, of one namespace or of all."""
        query = {
            "label_selector": selector,
            "_preload_content": False,
            "_request_timeout": _SECONDS,
        }
        with _translated():
            answer = (
                self._core.list_namespaced_pod(namespace, **query)
                if namespace
                else self._core.list_pod_for_all_namespaces(**query)
            )
            return _items(json.loads(answer.data))

    def dask_clusters(self, selector: str, namespace: str | None) -> list[Manifest]:
        """DaskClusters with these labels, of one namespace or of all; none without their CRD."""
        group, version, plural = _DASK_CLUSTERS
        query = {"label_selector": selector, "_request_timeout": _SECONDS}
        try:
            with _translated():
                return _items(
                    self._custom.list_namespaced_custom_object(
                        group, version, namespace, plural, **query
                    )
                    if namespace
                    else self._custom.list_cluster_custom_object(group, version, plural, **query)
                )
        except NotFound:
            return []

    def delete_pod(self, namespace: str, name: str, uid: str) -> None:
        """This very pod; Raises NotFound where it is gone."""
        with _translated():
            self._core.delete_namespaced_pod(
                name,
                namespace,
                body=client.V1DeleteOptions(preconditions=client.V1Preconditions(uid=uid)),
                _preload_content=False,
                _request_timeout=_SECONDS,
            )

    def delete_dask_cluster(self, namespace: str, name: str, uid: str) -> None:
        """Foreground: Deployments and worker group go even if dask-kubernetes' operator is down."""
        group, version, plural = _DASK_CLUSTERS
        with _translated():
            self._custom.delete_namespaced_custom_object(
                group,
                version,
                namespace,
                plural,
                name,
                body=client.V1DeleteOptions(
                    propagation_policy="Foreground",
                    preconditions=client.V1Preconditions(uid=uid),
                ),
                _request_timeout=_SECONDS,
            )


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except client.ApiException as error:
        kinds = {404: NotFound, 409: Conflict}
        raise kinds.get(error.status, ApiError)(_words(error)) from error
    except urllib3.exceptions.HTTPError as error:
        raise ApiError(f"the API server cannot be reached: {error}") from error


def _words(error: client.ApiException) -> str:
    """The API server's own message, where it sent a Status."""
    try:
        status = json.loads(error.body or "")
    except ValueError:
        return f"{error.status} {error.reason}"
    return str(status.get("message", error.reason))


def _object(answer: Any) -> Manifest:
    if not isinstance(answer, dict):
        raise ApiError(f"the API server sent no object: {answer!r}")
    return answer


def _items(answer: Any) -> list[Manifest]:
    return list(_object(answer)["items"])
