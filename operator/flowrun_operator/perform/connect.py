"""How to reach the API server: the pod's ServiceAccount, or a kubeconfig that somebody named."""

from dataclasses import dataclass
from pathlib import Path

from kubernetes.aio import config
from kubernetes.aio.client import Configuration


class NoCredentials(Exception):
    """There is no ServiceAccount here, or the kubeconfig is none."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What another client needs to reach the same API server. The key files stay files."""

    server: str
    ca_path: str | None
    certificate_path: str | None
    private_key_path: str | None
    token: str | None


async def configuration(kubeconfig: Path | None) -> Configuration:
    """In the cluster, unless a kubeconfig is named: no context is ever picked up silently."""
    # No proxy of the environment in between, as Kopf has it: one way to the API server, not two.
    loaded = Configuration(client_session_kwargs={"trust_env": False})
    try:
        if kubeconfig is None:
            config.load_incluster_config(client_configuration=loaded)
        else:
            await config.load_kube_config(
                config_file=str(kubeconfig), client_configuration=loaded, persist_config=False
            )
    except config.ConfigException as error:
        where = kubeconfig or "this pod's ServiceAccount (or set FLOWRUN_KUBECONFIG)"
        raise NoCredentials(f"no API server by {where}: {error}") from error
    return loaded


async def credentials(kubeconfig: Path | None) -> Credentials:
    """Read anew at each call, since a ServiceAccount's token changes about every hour."""
    loaded = await configuration(kubeconfig)
    key = await loaded.get_api_key_with_prefix("BearerToken")
    return Credentials(
        server=loaded.host,
        ca_path=loaded.ssl_ca_cert,
        certificate_path=loaded.cert_file,
        private_key_path=loaded.key_file,
        token=key.split(" ", 1)[-1] if key else None,
    )
