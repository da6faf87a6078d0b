"""When an image has to be built anew, and from what."""

import sys
from pathlib import Path

import pytest

from hack.images import base, build
from hack.kind import stages


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(build, "ROOT", tmp_path)
    for name in ("Dockerfile", "pyproject.toml", "README.md", "operator/a.py", "flowlib/b.py"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(name)
    for name in ("requirements", "hack/images"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize("name", ["Dockerfile", "pyproject.toml", "operator/a.py", "flowlib/b.py"])
def test_a_changed_source_asks_for_a_new_image(checkout: Path, name: str) -> None:
    before = build.sources()
    (checkout / name).write_text("changed")
    assert build.sources() != before


def test_tests_and_docs_ask_for_no_new_image(checkout: Path) -> None:
    before = build.sources()
    for name in ("tests", "docs"):
        (checkout / name).mkdir()
        (checkout / name / "new").write_text("new")
    assert build.sources() == before


def test_bytecode_asks_for_no_new_image(checkout: Path) -> None:
    before = build.sources()
    for top in ("operator", "hack/images"):
        (checkout / top / "__pycache__").mkdir()
        (checkout / top / "__pycache__" / "a.pyc").write_bytes(b"0")
    assert build.sources() == before


def test_a_base_image_that_the_user_names_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BASE_IMAGE", "registry.example/python:1")
    assert base.ready() == ("registry.example/python:1", False)


def test_a_python_without_a_debian_release_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 12, 0))
    with pytest.raises(stages.StageError, match=r"run this with Python 3\.11 or 3\.13"):
        base.made_here()
