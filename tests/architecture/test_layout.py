"""The tree, the page that describes it, and the contracts that hold it up."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def packages() -> list[str]:
    """Every package folder of both packages, as paths from the root, with a closing slash."""
    return sorted(
        f"{folder.parent.relative_to(ROOT)}/"
        for top in ("operator/flowrun_operator", "flowlib")
        for folder in (ROOT / top).rglob("__init__.py")
    )


@pytest.mark.parametrize("folder", packages())
def test_every_package_folder_stands_in_the_architecture_page(folder: str) -> None:
    page = (ROOT / "docs/architecture.md").read_text()
    assert f"`{folder}`" in page, f"docs/architecture.md says nothing about {folder}"


def test_every_folder_in_the_architecture_page_exists() -> None:
    page = (ROOT / "docs/architecture.md").read_text()
    named = [word for word in page.split("`") if word.endswith("/") and " " not in word]
    assert named
    assert [folder for folder in named if not (ROOT / folder).is_dir()] == []


def test_stdlib_operator_is_not_shadowed() -> None:
    # -S: an editable install's hook would import the stdlib module first and hide the fault.
    subprocess.run(
        [sys.executable, "-S", "-c", "import operator; operator.itemgetter"], cwd=ROOT, check=True
    )


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    """Runs import-linter over the packages below root."""
    return subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]
        + ["--config", str(root / ".importlinter"), "--no-cache"],
        cwd=root,
        env={"PYTHONPATH": f"{root / 'operator'}:{root}", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


BREACHES = {
    "judge imports perform": (
        "operator/flowrun_operator/judge/breach.py",
        "import flowrun_operator.perform\n",
        "imports go downwards only BROKEN",
    ),
    "the operator imports flowlib": (
        "operator/flowrun_operator/plan/breach.py",
        "import flowlib\n",
        "The operator does not know flowlib BROKEN",
    ),
    "flowlib imports the operator": (
        "flowlib/core/breach.py",
        "import flowrun_operator\n",
        "flowlib does not know the operator, nor what it is made of BROKEN",
    ),
    "the runner imports kubernetes": (
        "flowlib/runner/breach.py",
        "import kubernetes\n",
        "only the command line talks to Kubernetes BROKEN",
    ),
    "plan imports kubernetes": (
        "operator/flowrun_operator/plan/breach.py",
        "import kubernetes\n",
        "talk to Kubernetes BROKEN",
    ),
}


@pytest.mark.parametrize(("where", "line", "said"), BREACHES.values(), ids=BREACHES.keys())
def test_a_breach_of_the_import_contracts_is_seen(
    tmp_path: Path, where: str, line: str, said: str
) -> None:
    for tree in ("operator/flowrun_operator", "flowlib"):
        for source in (ROOT / tree).rglob("*.py"):
            copy = tmp_path / source.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(source.read_bytes())
    (tmp_path / ".importlinter").write_bytes((ROOT / ".importlinter").read_bytes())
    (tmp_path / where).write_text(line)

    answer = lint(tmp_path)

    assert answer.returncode != 0
    assert said in " ".join(answer.stdout.split()), answer.stdout + answer.stderr
