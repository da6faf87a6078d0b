"""FlowRuns at the API server: found by kubectl's rules, answered in the server's own words."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from kubernetes import client, config, watch
from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import HTTPError

from flowlib.cli.exits import AlreadyExists, CliError, NotFound, Refused, Unreachable

GROUP, VERSION, PLURAL = "flowrun.dev", "v1alpha1", "flowruns"
SERVICE_ACCOUNT_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
INSTALL_HINT = (
    "FlowRun is not installed in this cluster: helm install flowrun charts/flowrun-operator"
)

#: Seconds to connect, and to wait for an answer.
TIMEOUT = (5, 30)
#: A watch is asked anew after so many seconds; one that is silent for longer has lost its peer.
WATCH_SECONDS = 240
WATCH_TIMEOUT = (5, 300)


@dataclass(frozen=True)
class Connection:
    """A client of one API server, and the namespace that is meant where none is named."""

    api: Any
    namespace: str


def connect(kubeconfig: str | None, context: str | None) -> Connection:
    """As kubectl does it: --kubeconfig, KUBECONFIG, ~/.kube/config, else the pod's own account."""
    files = kubeconfig or os.environ.get("KUBECONFIG") or str(Path.home() / ".kube" / "config")
    configuration = client.Configuration()
    try:
        if kubeconfig or context or any(Path(f).is_file() for f in files.split(os.pathsep) if f):
            namespace = _from_kubeconfig(files, context, configuration)
        else:
            config.load_incluster_config(client_configuration=configuration)
            namespace = SERVICE_ACCOUNT_NAMESPACE.read_text().strip()
    except (config.ConfigException, yaml.YAMLError, OSError) as exc:
        raise Unreachable(
            f"no way to a Kubernetes API server: {exc}",
            "Name a kubeconfig with --kubeconfig or KUBECONFIG, and its context with --context.",
        ) from exc
    # urllib3's own retries would hide for half a minute that nobody is there.
    configuration.retries = False
    return Connection(client.ApiClient(configuration), namespace)


def _from_kubeconfig(files: str, context: str | None, configuration: Any) -> str:
    contexts, current = config.list_kube_config_contexts(files)
    chosen = context or current["name"]
    config.load_kube_config(files, context=chosen, client_configuration=configuration)
    inside = {entry["name"]: entry["context"] for entry in contexts}
    namespace: str = inside[chosen].get("namespace") or "default"
    return namespace


class FlowRuns:
    """The FlowRuns of one namespace. Every error is one of flowlib.cli.exits."""

    def __init__(self, api: Any, namespace: str) -> None:
        self.namespace = namespace
        self._host = api.configuration.host
        self._objects = client.CustomObjectsApi(api)
        self._where = {
            "group": GROUP,
            "version": VERSION,
            "namespace": namespace,
            "plural": PLURAL,
        }

    def create(self, body: dict[str, Any]) -> dict[str, Any]:
        """Strict, as kubectl is: the server refuses unknown fields by name."""
        with answers_of(self._host):
            return self._json(
                self._objects.create_namespaced_custom_object(
                    **self._where, body=body, field_validation="Strict", _request_timeout=TIMEOUT
                )
            )

    def get(self, name: str) -> dict[str, Any]:
        with answers_of(self._host):
            return self._json(
                self._objects.get_namespaced_custom_object(
                    **self._where, name=name, _request_timeout=TIMEOUT
                )
            )

    def list(self) -> dict[str, Any]:
        with answers_of(self._host):
            return self._json(
                self._objects.list_namespaced_custom_object(**self._where, _request_timeout=TIMEOUT)
            )

    def patch(self, name: str, spec: dict[str, Any]) -> dict[str, Any]:
        """Sets these fields of spec, and leaves the others as they are."""
        with answers_of(self._host):
            return self._json(
                self._objects.patch_namespaced_custom_object(
                    **self._where,
                    name=name,
                    body={"spec": spec},
                    _content_type="application/merge-patch+json",
                    _request_timeout=TIMEOUT,
                )
            )

    def watch(self, name: str, resource_version: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Type and object of each event since that version, until the server ends the watch."""
        with answers_of(self._host):
            for event in watch.Watch().stream(
                self._objects.list_namespaced_custom_object,
                **self._where,
                field_selector=f"metadata.name={name}",
                resource_version=resource_version,
                timeout_seconds=WATCH_SECONDS,
                _request_timeout=WATCH_TIMEOUT,
            ):
                yield event["type"], event["raw_object"]

    def _json(self, answer: Any) -> dict[str, Any]:
        if not isinstance(answer, dict):
            raise Unreachable(f"{self._host} answers, but not as a Kubernetes API server does")
        return answer


def log_lines(api: Any, namespace: str, pod: str, container: str, follow: bool) -> Iterator[str]:
    """The lines of a container's log; with follow until it ends."""
    with answers_of(api.configuration.host):
        answer = client.CoreV1Api(api).read_namespaced_pod_log(
            pod,
            namespace,
            container=container,
            follow=follow,
            _preload_content=False,
            _request_timeout=None if follow else TIMEOUT,  # a flow may be silent for long
        )
        rest = b""
        for piece in answer.stream():
            *lines, rest = (rest + piece).split(b"\n")
            yield from (line.decode(errors="replace") for line in lines)
        if rest:
            yield rest.decode(errors="replace")


def config_map(api: Any, namespace: str, name: str) -> dict[str, str]:
    """Its texts by their keys."""
    with answers_of(api.configuration.host):
        found = client.CoreV1Api(api).read_namespaced_config_map(
            name, namespace, _request_timeout=TIMEOUT
        )
    return dict(found.data or {})


@contextmanager
def answers_of(host: str) -> Iterator[None]:
    """Turns what a client raises into errors for a person, once and here."""
    try:
        yield
    except ApiException as exc:
        raise refusal(exc.status or 0, exc.body, exc.reason, host) from exc
    except (HTTPError, OSError) as exc:
        raise Unreachable(
            f"no connection to the API server {host}: {exc}",
            "Is it the right cluster? See --context, --kubeconfig and KUBECONFIG.",
        ) from exc


def refusal(status: int, body: str | None, reason: str | None, host: str) -> CliError:
    """The error that an HTTP status means, with the message that the server sent."""
    message, kind = _server_words(body) or (f"{status} {reason}", "")
    if status in (0, 408, 429) or status >= 500:
        return Unreachable(f"the API server {host} cannot answer now: {message}")
    if status == 401:
        return Refused(
            f"the API server {host} does not know who asks: {message}",
            "Renew the credentials of this kubeconfig context.",
        )
    if status == 409:
        return AlreadyExists(message)
    if status == 404 and kind in (PLURAL, "pods", "configmaps"):
        return NotFound(message)
    if status == 404 and kind == "":
        return Refused(f"the API server {host} does not know FlowRuns: {message}", INSTALL_HINT)
    return Refused(message)


def _server_words(body: str | None) -> tuple[str, str] | None:
    """Message and kind of a metav1.Status; None for any other text."""
    try:
        status = json.loads(body or "")
        return str(status["message"]), str((status.get("details") or {}).get("kind", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
