"""The Helm release that the tests run against: as `make cluster` installs it."""

import json
from dataclasses import dataclass

from tests.e2e.kube import Kubectl, run_tool

RELEASE = "flowrun"
SYSTEM_NAMESPACE = "flowrun-system"
OPERATOR = "flowrun-operator"
OPERATOR_PODS = "app.kubernetes.io/component=operator"
DASK_OPERATOR = "flowrun-dask-operator"
DASK_OPERATOR_PODS = "app.kubernetes.io/component=dask-operator"
CHART = "charts/flowrun-operator"
# The same as INSTALL in the Makefile.
VALUES = ("--set", "image.tag=dev", "--set", "runtimeImage.tag=dev")


@dataclass(frozen=True)
class Release:
    """The installed product."""

    namespace: str = SYSTEM_NAMESPACE
    name: str = RELEASE

    @property
    def kubectl(self) -> Kubectl:
        """kubectl in the operators' namespace."""
        return Kubectl(self.namespace)

    def state(self) -> str:
        """Helm's word for it: deployed, failed, pending-install...; absent where there is none."""
        answer = run_tool("helm", "list", "-n", self.namespace, "-o", "json")
        known = {each["name"]: each["status"] for each in json.loads(answer.stdout or "[]")}
        return str(known.get(self.name, "absent"))

    def install(self, *values: str) -> None:
        """Installs or upgrades it at this checkout's images; `values` are more --set arguments."""
        run_tool(
            "helm", "upgrade", "--install", self.name, CHART,
            "--namespace", self.namespace, "--create-namespace",
            *VALUES, *values, "--wait", "--timeout", "180s",
            timeout=240,
        )  # fmt: skip

    def deployments(self) -> list[str]:
        """Names of both operators' Deployments."""
        names = self.kubectl("get", "deployments", "-o", "name").stdout.split()
        return sorted(name.removeprefix("deployment.apps/") for name in names)

    def until_ready(self) -> None:
        """Waits until every operator of the release is available."""
        self.kubectl("rollout", "status", "deployment", "--timeout=180s", timeout=200)

    def runtime_image(self) -> str:
        """The image of runs that name none."""
        variable = '{..env[?(@.name=="FLOWRUN_RUNTIME_IMAGE")].value}'
        answer = self.kubectl("get", "deployment", OPERATOR, "-o", f"jsonpath={variable}")
        return answer.stdout
