"""The kinds of results: reading, writing, locations."""

import datetime
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cloudpickle
import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from flowlib import context
from flowlib.configuration import config
from flowlib.engine.result import NoResult, Result, ResultNotImplementedError
from flowlib.engine.results import (
    AzureResult,
    ConstantResult,
    GCSResult,
    LocalResult,
    PrefectResult,
    S3Result,
    SecretResult,
)
from flowlib.engine.serializers import DateTimeSerializer, JSONSerializer, PickleSerializer
from flowlib.engine.state import Failed, Success
from flowlib.tasks.secrets import PrefectSecret


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """Object stores that are dicts here, and what they were asked for with."""
    asked: list[tuple[str, dict[str, Any]]] = []

    def filesystem(protocol: str, **options: Any) -> MemoryFileSystem:
        asked.append((protocol, options))
        return MemoryFileSystem()

    monkeypatch.setattr(fsspec, "filesystem", filesystem)
    yield asked
    MemoryFileSystem.store.clear()


KINDS: dict[str, Callable[[Path], Result]] = {
    "local": lambda folder: LocalResult(dir=folder, location="{x}/a.pkl"),
    "local, a function": lambda folder: LocalResult(
        dir=str(folder), location=lambda x, **more: f"{x}/a.pkl"
    ),
    "local, as JSON": lambda folder: LocalResult(
        dir=folder, location="{x}.json", serializer=JSONSerializer()
    ),
    "local, no location": lambda folder: LocalResult(dir=folder),
    "local, its folder not looked at": lambda folder: LocalResult(
        dir=folder / "later", validate_dir=False
    ),
    "S3": lambda folder: S3Result("bucket", location="{x}/a.pkl"),
    "Google": lambda folder: GCSResult("bucket", location="{x}/a.pkl"),
    "Azure": lambda folder: AzureResult("bucket", location="{x}/a.pkl"),
    "in its own location": lambda folder: PrefectResult(),
}


@pytest.mark.usefixtures("memory")
@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS.keys())
def test_what_is_written_is_read(make: Callable[[Path], Result], tmp_path: Path) -> None:
    result = make(tmp_path)
    template = result.location
    written = result.write({"a": [1, 2]}, x="place", unused=1)

    assert written.value == {"a": [1, 2]}
    assert isinstance(written.location, str)
    assert "{" not in written.location or written.location == '{"a": [1, 2]}'
    assert result.location == template
    assert result.value is None
    assert result.exists(written.location)
    read = cloudpickle.loads(cloudpickle.dumps(result)).read(written.location)
    assert read.value == {"a": [1, 2]}
    assert read.location == written.location


@pytest.mark.usefixtures("memory")
@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS.keys())
def test_what_is_not_there(make: Callable[[Path], Result], tmp_path: Path) -> None:
    assert not make(tmp_path).exists("no such {x}", x="thing")


def test_a_local_result_knows_its_full_path(tmp_path: Path) -> None:
    result = LocalResult(dir=tmp_path / "new")
    assert (tmp_path / "new").is_dir()
    written = result.write(1, map_index=3)
    assert Path(written.location).is_file()
    assert str(written.location).startswith(str(tmp_path / "new"))
    assert list(tmp_path.rglob(".part-*")) == []


def test_a_local_result_lives_in_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "home_dir", str(tmp_path))
    assert LocalResult().dir == str(tmp_path / "results")
    assert LocalResult(tmp_path).dir == str(tmp_path / "results")


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    result = LocalResult(dir=tmp_path, location="folder")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        result.write(1)
    assert list(tmp_path.iterdir()) == [tmp_path / "folder"]


OPTIONS: dict[str, tuple[Callable[[], Any], dict[str, Any], tuple[str, dict[str, Any]]]] = {
    "S3, endpoint": (
        lambda: S3Result(
            "b", boto3_kwargs={"endpoint_url": "http://x"}, upload_options={"ACL": "private"}
        ),
        {},
        (
            "s3",
            {
                "client_kwargs": {"endpoint_url": "http://x"},
                "s3_additional_kwargs": {"ACL": "private"},
            },
        ),
    ),
    "S3, secret": (
        lambda: S3Result("b"),
        {"AWS_CREDENTIALS": '{"ACCESS_KEY": "k", "SECRET_ACCESS_KEY": "s"}'},
        (
            "s3",
            {
                "client_kwargs": {"aws_access_key_id": "k", "aws_secret_access_key": "s"},
                "s3_additional_kwargs": {},
            },
        ),
    ),
    "Google, secret": (
        lambda: GCSResult("b"),
        {"GCP_CREDENTIALS": {"type": "service_account"}},
        ("gcs", {"token": {"type": "service_account"}}),
    ),
    "Azure, text": (
        lambda: AzureResult("b", connection_string="c"),
        {},
        ("abfs", {"connection_string": "c"}),
    ),
    "Azure, secret": (
        lambda: AzureResult("b", connection_string_secret="S"),
        {"S": "from the secret"},
        ("abfs", {"connection_string": "from the secret"}),
    ),
}


@pytest.mark.parametrize(("make", "secrets", "expected"), OPTIONS.values(), ids=OPTIONS.keys())
def test_object_stores_are_reached_when_they_are_needed(
    make: Callable[[], Any],
    secrets: dict[str, Any],
    expected: tuple[str, dict[str, Any]],
    memory: list[tuple[str, dict[str, Any]]],
) -> None:
    with context(secrets=secrets):
        result = make()
        assert memory == []
        result.exists("x")
        result.exists("y")
    assert memory == [expected]
    assert cloudpickle.loads(cloudpickle.dumps(result))._filesystem is None


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(protocol: str, **options: Any) -> Any:
        raise ImportError("no such thing")

    monkeypatch.setattr(fsspec, "filesystem", absent)
    with pytest.raises(ImportError, match="S3Result needs the package s3fs"):
        S3Result("b").exists("x")


def test_a_bucket_is_needed() -> None:
    with pytest.raises(ValueError, match="bucket"):
        GCSResult()


def test_a_prefect_result_is_its_own_location() -> None:
    assert PrefectResult().write([1, "a"]).location == '[1, "a"]'
    assert PrefectResult().read('{"x": 2}').value == {"x": 2}
    when = PrefectResult(serializer=DateTimeSerializer()).read("2026-11-26T01:02:03+00:00").value
    assert when == datetime.datetime(2026, 11, 26, 1, 2, 3, tzinfo=datetime.UTC)
    with pytest.raises(TypeError, match="JSONSerializer"):
        PrefectResult(serializer=PickleSerializer())


def test_constants_and_secrets_are_never_written() -> None:
    constant = ConstantResult(5)
    assert constant.read("anything") is constant
    assert constant.exists("anything")
    with pytest.raises(ValueError, match="cannot be written"):
        constant.write(6)
    secret = SecretResult(PrefectSecret("s"))
    assert secret.location == "s"
    assert secret.exists("s")
    with context(secrets={"s": "1"}):
        assert secret.read("s").value == 1
    with pytest.raises(ValueError, match="never written"):
        secret.write(1)


def test_the_base_keeps_nothing() -> None:
    result = Result(3, location="here")
    for attempt in (
        lambda: result.read("x"),
        lambda: result.write(1),
        lambda: result.exists("x"),
    ):
        with pytest.raises(ResultNotImplementedError):
            attempt()
    assert result.from_value(4) == Result(4)
    assert result.copy() == result
    assert result.copy() is not result
    assert repr(result) == "<Result: 3>"


def test_a_location_by_the_day() -> None:
    year, month, day, name = LocalResult.default_location.fget(Result()).split("/")  # type: ignore[attr-defined]
    assert datetime.date(int(year), int(month), int(day))
    assert name.endswith(".prefect_result")


def test_the_result_inside_a_state(tmp_path: Path) -> None:
    assert Success()._result is NoResult
    assert pickle.loads(pickle.dumps(NoResult)) is NoResult
    assert Success(result=NoResult).result is None
    assert Success(result=3)._result == Result(3)
    assert Success(result=3)._result.location is None
    stored = Success("m", LocalResult(tmp_path).write(3, x=1))
    assert stored.result == 3
    assert stored._result.value == 3
    assert Path(stored._result.location).is_file()
    assert pickle.loads(pickle.dumps(stored)) == stored
    assert stored != Success("m", 3)
    assert Failed(result=ValueError("x"))._result.location is None
