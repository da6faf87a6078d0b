"""The chart as Helm renders it."""

import os
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts" / "flowrun-operator"

Manifest = dict[str, Any]
Run = Callable[..., "subprocess.CompletedProcess[str]"]
Render = Callable[..., list[Manifest]]


@cache
def _helm() -> str:
    found = os.environ.get("HELM") or shutil.which("helm")
    assert found, 'no helm on PATH: eval "$(python3 -m hack.kind env)"'
    return found


@cache
def _run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    # No kubeconfig: nothing here may ask a cluster.
    return subprocess.run(
        [_helm(), *arguments],
        cwd=ROOT,
        env={**os.environ, "KUBECONFIG": os.devnull},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="session")
def helm() -> Run:
    """helm("lint", ...) -> CompletedProcess; the same arguments run once a session."""
    return _run


@cache
def rendered(*values: str) -> str:
    """What `helm template` prints with these --set-json values."""
    settings = [word for value in values for word in ("--set-json", value)]
    answer = _run("template", "flowrun", str(CHART), "--namespace", "flowrun-system", *settings)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


@pytest.fixture(scope="session")
def render() -> Render:
    """render("daskOperator.enabled=false") -> every manifest, hooks among them."""

    def manifests(*values: str) -> list[Manifest]:
        return [each for each in yaml.safe_load_all(rendered(*values)) if each]

    return manifests
