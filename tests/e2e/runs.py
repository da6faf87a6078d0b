"""A FlowRun on the test cluster: apply it, wait for what it says, read its story."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from tests.e2e.kube import Kubectl
from tests.e2e.watch import Object, Seen, Watch

FLOWRUNS = "/apis/flowrun.dev/v1alpha1/flowruns"
FINISHED = ("Succeeded", "Failed", "Cancelled")

Spec = Mapping[str, Any]


def status(seen: Seen | Object) -> dict[str, Any]:
    """The status, {} before the first."""
    body = seen.object if isinstance(seen, Seen) else seen
    found: dict[str, Any] = body.get("status") or {}
    return found


def phase(seen: Seen | Object) -> str | None:
    """status.phase."""
    return status(seen).get("phase")


def condition(seen: Seen | Object, type: str) -> dict[str, Any]:
    """The condition of this type, {} when it is not there."""
    conditions: list[dict[str, Any]] = status(seen).get("conditions", [])
    return next((each for each in conditions if each["type"] == type), {})


def finished(seen: Seen | Object) -> bool:
    """Whether the run has ended, either way."""
    return phase(seen) in FINISHED


def manifest(name: str, spec: Spec) -> Object:
    """A FlowRun of this name."""
    return {
        "apiVersion": "flowrun.dev/v1alpha1",
        "kind": "FlowRun",
        "metadata": {"name": name},
        "spec": dict(spec),
    }


@dataclass(frozen=True)
class Run:
    """One FlowRun, seen through the session's watch."""

    namespace: str
    name: str
    watch: Watch

    @property
    def kubectl(self) -> Kubectl:
        """kubectl in the run's namespace."""
        return Kubectl(self.namespace)

    @property
    def history(self) -> list[Seen]:
        """Every version of the object, oldest first."""
        return self.watch.history(self.namespace, self.name)

    @property
    def phases(self) -> list[str]:
        """The phases in the order in which they were seen, each named once."""
        seen = [phase(each) for each in self.history if each.type != "DELETED"]
        return [
            now for before, now in zip([None, *seen], seen, strict=False) if now and now != before
        ]

    def until(self, predicate: Callable[[Seen], bool], what: str, timeout: float = 120) -> Object:
        """The first version of the object, past or to come, that the predicate holds for."""
        return self.watch.until(self.namespace, self.name, predicate, timeout, what).object

    def until_phase(self, *wanted: str, timeout: float = 120) -> Object:
        """Waits for one of these phases; fails at once when the run ends in another."""
        found = self.until(
            lambda seen: phase(seen) in wanted or finished(seen), f"phase {wanted}", timeout
        )
        assert phase(found) in wanted, json.dumps(status(found), indent=1)
        return found

    def until_finished(self, timeout: float = 180) -> Object:
        """Waits for the end, whichever."""
        return self.until(finished, "end", timeout)

    def until_deleted(self, timeout: float = 60) -> None:
        """Waits until the object is gone."""
        self.until(lambda seen: seen.type == "DELETED", "deletion", timeout)

    def events(self) -> list[Object]:
        """The Events that speak of this FlowRun, in the order in which they happened."""
        found = self.kubectl.json(
            "get", "events.v1.", "--field-selector", f"involvedObject.name={self.name}"
        )
        mine = (each for each in found["items"] if each["involvedObject"]["kind"] == "FlowRun")
        return sorted(mine, key=lambda each: str(each["metadata"]["name"]))  # sorts by time

    def patch(self, change: Mapping[str, Any]) -> None:
        """Merges a change into the FlowRun."""
        self.kubectl("patch", "flowrun", self.name, "--type=merge", "-p", json.dumps(change))

    def delete(self) -> None:
        """Deletes the FlowRun; what it owns goes in the background."""
        self.kubectl("delete", "flowrun", self.name, "--wait=false")


def apply_run(namespace: str, name: str, what: Spec | str, watch: Watch) -> Run:
    """Applies a spec (as JSON) or a whole manifest (as YAML text, whose name then holds)."""
    body = yaml.safe_load(what) if isinstance(what, str) else manifest(name, what)
    Kubectl(namespace).apply(body)
    return Run(namespace, body["metadata"]["name"], watch)
