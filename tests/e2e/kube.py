"""kubectl on the test cluster, and only there: its kubeconfig comes from hack.kind by name."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LIST = {"apiVersion": "v1", "kind": "List"}


class CommandFailed(AssertionError):
    """A command ended badly where the test needs it to end well; says what it said."""


@cache
def cluster_environment() -> Mapping[str, str]:
    """The environment that `python -m hack.kind env` makes: KUBECONFIG, and kubectl on PATH.

    A context that happens to be selected in the caller's own kubeconfig is never used.
    """
    script = 'eval "$("$0" -m hack.kind env)" && env -0'
    answer = subprocess.run(
        ["bash", "-c", script, sys.executable], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return dict(entry.split("=", 1) for entry in answer.stdout.split("\0") if entry)


def run_tool(
    *args: str, input: str | None = None, check: bool = True, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """Runs kubectl, helm, flowrun... with the test cluster's environment."""
    answer = subprocess.run(
        args,
        cwd=ROOT,
        env=dict(cluster_environment()),
        input=input,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )
    if check and answer.returncode != 0:
        said = f"{answer.stdout}\n{answer.stderr}".strip()
        raise CommandFailed(f"{' '.join(args)} ended with {answer.returncode}:\n{said}")
    return answer


@dataclass(frozen=True)
class Kubectl:
    """kubectl, optionally in one namespace.

    >>> kubectl("get", "pods").stdout          # raises CommandFailed unless it ends with 0
    >>> kubectl("apply", "-f", "-", input=text, check=False).stderr
    """

    namespace: str | None = None

    def __call__(
        self, *args: str, input: str | None = None, check: bool = True, timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        return run_tool(*self.command(*args), input=input, check=check, timeout=timeout)

    def command(self, *args: str) -> list[str]:
        """The whole command line, for a process that the caller starts itself."""
        return ["kubectl", *(["--namespace", self.namespace] if self.namespace else []), *args]

    def inside(self, namespace: str) -> "Kubectl":
        """The same in this namespace."""
        return Kubectl(namespace)

    def json(self, *args: str) -> Any:
        """What `kubectl ... -o json` prints, or None where it prints nothing."""
        text = self(*args, "-o", "json").stdout
        return json.loads(text) if text.strip() else None

    def apply(self, *objects: Mapping[str, Any]) -> None:
        """Applies objects given as JSON."""
        self("apply", "-f", "-", input=json.dumps({**LIST, "items": objects}))

    def patch_spec(self, kind: str, name: str, change: Mapping[str, Any]) -> None:
        """Changes fields of the object's spec."""
        patch = json.dumps({"spec": change})
        self("patch", kind, name, "--type=merge", "--patch", patch)
