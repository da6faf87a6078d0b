"""The Helm release that the tests run against: as `make cluster` installs it."""

import json
import time
from dataclasses import dataclass
from typing import Any

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
        """Waits until every operator of the release is available, and one of ours acts."""
        self.kubectl("rollout", "status", "deployment", "--timeout=180s", timeout=200)
        deadline = time.monotonic() + 60
        while not (leader := self.leader()) or not _is_ready(leader):
            assert time.monotonic() < deadline, f"nobody acts: {leader}"
            time.sleep(0.2)

    def operators(self) -> list[dict[str, Any]]:
        """The pods of our operator, those that are going left out."""
        pods = self.kubectl.json("get", "pods", "-l", OPERATOR_PODS)["items"]
        return [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]

    def leader(self) -> dict[str, Any] | None:
        """The pod that holds the Lease; None where that is no pod that is there to stay."""
        holder = self.holder()
        return next((pod for pod in self.operators() if pod["metadata"]["name"] == holder), None)

    def holder(self) -> str:
        """Who holds the Lease, which may be gone by now."""
        path = "jsonpath={.spec.holderIdentity}"
        return self.kubectl("get", "lease", OPERATOR, "-o", path, "--ignore-not-found").stdout

    def runtime_image(self) -> str:
        """The image of runs that name none."""
        variable = '{..env[?(@.name=="FLOWRUN_RUNTIME_IMAGE")].value}'
        answer = self.kubectl("get", "deployment", OPERATOR, "-o", f"jsonpath={variable}")
        return answer.stdout


def _is_ready(pod: dict[str, Any]) -> bool:
    conditions = pod["status"].get("conditions", [])
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)
