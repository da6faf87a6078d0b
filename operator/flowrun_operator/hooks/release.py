"""Which Helm release a hook works for, and how the CRDs that it applied are known again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flowrun_operator.api.flowrun import GROUP

Manifest = dict[str, Any]

LABEL_RELEASE = f"{GROUP}/release"
LABEL_RELEASE_NAMESPACE = f"{GROUP}/release-namespace"
#: Helm's own label for the release's name, on everything that the chart renders.
LABEL_INSTANCE = "app.kubernetes.io/instance"


@dataclass(frozen=True)
class Release:
    """A Helm release: its name is unique only within its namespace."""

    name: str
    namespace: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Release":
        """Reads what the chart sets on both Jobs. Raises KeyError."""
        return cls(environment["FLOWRUN_RELEASE_NAME"], environment["FLOWRUN_OPERATOR_NAMESPACE"])

    @property
    def labels(self) -> dict[str, str]:
        """Two labels, since name and namespace may together be longer than one may be."""
        return {LABEL_RELEASE: self.name, LABEL_RELEASE_NAMESPACE: self.namespace}

    def applied(self, crd: Manifest) -> bool:
        """Whether this release applied the CRD."""
        labels = crd["metadata"].get("labels", {})
        return all(labels.get(key) == value for key, value in self.labels.items())

    def renders(self, deployment: Manifest) -> bool:
        """Whether the Deployment is a part of this release."""
        metadata = deployment["metadata"]
        instance = metadata.get("labels", {}).get(LABEL_INSTANCE)
        return (metadata["namespace"], instance) == (self.namespace, self.name)

    def __str__(self) -> str:
        return f"{self.name} in namespace {self.namespace}"
