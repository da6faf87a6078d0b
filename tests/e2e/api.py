"""The test cluster's API server, asked by a connection that stays open.

For what tests ask over and over: a process of kubectl takes a tenth of a second of a core to start.
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from kubernetes import client, config

from tests.e2e.kube import CommandFailed, cluster_environment

JSON = "application/json"


@cache
def _connection() -> client.ApiClient:
    loaded = client.Configuration()
    config.load_kube_config(
        config_file=cluster_environment()["KUBECONFIG"],
        client_configuration=loaded,
        persist_config=False,
    )
    loaded.proxy = None  # the API server of the test cluster is on loopback
    return client.ApiClient(loaded)


def ask(method: str, path: str, body: Mapping[str, Any] | None = None, accept: str = JSON) -> Any:
    """The answer's JSON. Raises CommandFailed with the API server's words where it refuses."""
    connection = _connection()
    answer = connection.rest_client.pool_manager.request(
        method,
        connection.configuration.host + path,
        body=None if body is None else json.dumps(body),
        headers={"Accept": accept, "Content-Type": JSON},
    )
    if answer.status >= 300:
        raise CommandFailed(f"{method} {path}: {answer.status} {answer.data.decode()}")
    return json.loads(answer.data)
