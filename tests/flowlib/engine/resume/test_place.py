"""Where results are kept: files come, go, and cannot be written."""

import errno
import logging
from pathlib import Path
from typing import Any, ClassVar

import fsspec
import pytest
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.memory import MemoryFileSystem

from flowlib import Flow, task
from tests.flowlib.engine.resume.attempts import Attempts, Trouble, sums


def test_the_files_are_removed_when_the_flow_has_succeeded(
    attempts: Attempts, trouble: Trouble
) -> None:
    flow, _ = sums(attempts, trouble)
    trouble.of = {2: ValueError("no")}
    attempts.run(flow, keep=False)
    assert attempts.files() != []
    trouble.of = {}

    attempts.run(flow, keep=False)

    assert not attempts.folder.exists()


def test_other_files_of_the_folder_stay(attempts: Attempts, trouble: Trouble) -> None:
    attempts.folder.mkdir()
    other = attempts.folder / "results.csv"
    other.write_text("1,2")
    flow, _ = sums(attempts, trouble)

    attempts.run(flow, keep=False)

    assert list(attempts.folder.iterdir()) == [other]


def test_flow_run_takes_the_place_and_whether_it_is_kept(tmp_path: Path) -> None:
    @task
    def one() -> int:
        return 1

    with Flow("f") as flow:
        one()

    flow.run(results=f"file://{tmp_path}/a", keep_results=True)
    flow.run(results=f"file://{tmp_path}/b")

    assert len(list(Path(tmp_path, "a").iterdir())) == 1
    assert not Path(tmp_path, "b").exists()


def test_any_file_system_of_fsspec_will_do(attempts: Attempts, trouble: Trouble) -> None:
    attempts.url = "memory://some/folder"
    flow, end = sums(attempts, trouble)
    trouble.of = {2: ValueError("no")}
    attempts.run(flow)
    trouble.of = {}

    assert attempts.run(flow, keep=False).result[end].result == 42
    assert attempts.calls == [("inc", 2), ("double", 3), "total"]
    assert attempts.run(flow, keep=False).is_successful()
    assert attempts.resumed == 0


class Remembering(MemoryFileSystem):
    """As s3fs: what was listed once is not asked again, and others write meanwhile."""

    protocol = "remembering"
    store: ClassVar[dict[str, Any]] = {}
    pseudo_dirs: ClassVar[list[str]] = [""]
    listed: ClassVar[dict[str, Any]] = {}

    def ls(self, path: str, detail: bool = True, **kwargs: Any) -> Any:
        if path not in self.listed:
            self.listed[path] = super().ls(path, detail=detail, **kwargs)
        return self.listed[path]

    def invalidate_cache(self, path: str | None = None) -> None:
        self.listed.clear()


def test_files_that_others_have_written_since_are_seen_and_removed(
    attempts: Attempts, trouble: Trouble
) -> None:
    fsspec.register_implementation("remembering", Remembering, clobber=True)
    attempts.url = "remembering://folder"
    flow, _ = sums(attempts, trouble)

    trouble.of = {2: ValueError("no")}

    attempts.run(flow)
    assert Remembering.store != {}
    trouble.of = {}
    attempts.run(flow, keep=False)

    assert attempts.calls == [("inc", 2), ("double", 3), "total"]
    assert Remembering.store == {}


BAD_PLACES = {
    "nowhere://x/y": "Results cannot be kept at nowhere://x/y: ",
    "gs://bucket/prefix": "Install it wherever tasks run.",
    "file:///dev/null": "Results cannot be kept at file:///dev/null: ",
    "file:///proc/self/nothing": "Results cannot be kept at file:///proc/self/nothing: ",
}


@pytest.mark.parametrize(("url", "said"), BAD_PLACES.items(), ids=BAD_PLACES.keys())
def test_a_place_that_cannot_be_used_is_said_before_anything_runs(
    attempts: Attempts, trouble: Trouble, url: str, said: str
) -> None:
    attempts.url = url
    flow, _ = sums(attempts, trouble)

    final = attempts.run(flow)

    assert final.is_failed()
    assert said in str(final.message)
    assert attempts.calls == []


def test_a_place_that_cannot_be_written_costs_what_is_kept_and_no_more(
    attempts: Attempts,
    trouble: Trouble,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    flow, end = sums(attempts, trouble)
    write = LocalFileSystem.pipe_file

    def full(files: LocalFileSystem, path: str, data: bytes) -> None:
        if data != b"flowrun":
            raise OSError(errno.ENOSPC, "No space left on device")
        write(files, path, data)

    monkeypatch.setattr(LocalFileSystem, "pipe_file", full)

    with caplog.at_level(logging.WARNING, logger="flowlib"):
        assert attempts.run(flow).result[end].result == 42

    assert "No space left on device" in caplog.text
    assert caplog.text.count("Task 'double': its results are not kept; the log of where") == 1
