"""What the environment says to this process, beside what it says about runs."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flowrun_operator.perform.lease import Claim
from flowrun_operator.settings import Settings, names


@dataclass(frozen=True)
class Process:
    """Its settings, its address, and its place among the replicas."""

    settings: Settings
    kubeconfig: Path | None  # on a developer's machine; in the cluster the ServiceAccount serves
    port: int
    lease: Claim
    namespaces: tuple[str, ...]  # which are watched; none: all of them

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Process":
        """Raises ValueError that names the variable which is missing or wrong."""
        kubeconfig, port = (
            environ.get("FLOWRUN_KUBECONFIG"),
            environ.get("FLOWRUN_HTTP_PORT", "8080"),
        )
        if not port.isdigit():
            raise ValueError(f"FLOWRUN_HTTP_PORT must be a number, not {port!r}")
        settings = Settings.from_environment(environ)
        return cls(
            settings,
            Path(kubeconfig) if kubeconfig else None,
            int(port),
            Claim(
                namespace=settings.operator_namespace,
                name=environ.get("FLOWRUN_LEASE_NAME") or "flowrun-operator",
                identity=environ.get("FLOWRUN_POD_NAME") or socket.gethostname(),
            ),
            tuple(names(environ.get("FLOWRUN_WATCH_NAMESPACES", ""))),
        )
