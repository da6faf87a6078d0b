"""The README's flow and its ten lines, word for word: here, and in the cluster."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.kube import ROOT, Kubectl
from tests.e2e.runs import Run, status

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


def block(language: str) -> str:
    """The README's only fenced block of this language."""
    found = re.findall(rf"```{language}\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert len(found) == 1
    text: str = found[0]
    return text


def test_the_flow_runs_in_the_cluster(
    kubectl: Kubectl, namespace: str, apply_flowrun: Callable[..., Run], tmp_path: Path
) -> None:
    (tmp_path / "diamond.py").write_text(block("python"))
    kubectl.inside(namespace)(
        "create", "configmap", "diamond", f"--from-file={tmp_path}/diamond.py"
    )

    manifest = block("yaml")
    end = apply_flowrun(manifest).until_finished()

    assert len(manifest.splitlines()) <= 10
    assert (status(end)["phase"], status(end)["result"]) == ("Succeeded", 9900)
    assert status(end)["summary"]["tasks"] == "302/302"


def test_the_flow_runs_here(tmp_path: Path) -> None:
    (tmp_path / "diamond.py").write_text(block("python"))
    command = [str(Path(sys.executable).parent / "flowrun"), "run", "diamond.py", "-p", "n=100"]

    done = subprocess.run(
        [*command, "--workers", "1"], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "9900" in done.stdout
