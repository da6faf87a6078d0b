"""What names a cached artefact, and which kubeconfig is used."""

from pathlib import Path

import pytest

from hack.kind import cluster, paths


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    source = tmp_path / "source"
    source.mkdir()
    (source / "a.py").write_text("1")
    return source


def test_a_changed_file_changes_the_digest(folder: Path) -> None:
    before = paths.digest(folder)
    (folder / "a.py").write_text("2")
    assert paths.digest(folder) != before


def test_a_renamed_file_changes_the_digest(folder: Path) -> None:
    before = paths.digest(folder)
    (folder / "a.py").rename(folder / "b.py")
    assert paths.digest(folder) != before


def test_bytecode_leaves_the_digest_as_it_is(folder: Path) -> None:
    before = paths.digest(folder)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "a.cpython-311.pyc").write_bytes(b"0")
    assert paths.digest(folder) == before


def test_where_one_part_ends_matters() -> None:
    assert paths.digest("ab", "c") != paths.digest("a", "bc")


def test_a_kubeconfig_of_the_surroundings_is_never_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLOWRUN_KUBECONFIG", raising=False)
    monkeypatch.setenv("KUBECONFIG", "/production")
    assert cluster.environment()["KUBECONFIG"] == str(paths.KUBECONFIG)


def test_a_kubeconfig_that_the_user_names_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWRUN_KUBECONFIG", "/named")
    assert cluster.environment()["KUBECONFIG"] == "/named"
