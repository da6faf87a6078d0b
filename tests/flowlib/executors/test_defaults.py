"""Which executor runs a flow that names none."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from flowlib import Flow
from flowlib.configuration import load
from flowlib.executors import DaskExecutor, LocalExecutor
from flowlib.executors.defaults import default_executor, imported


def configured(monkeypatch: pytest.MonkeyPatch, **environment: str) -> None:
    settings = load({f"FLOWLIB__ENGINE__EXECUTOR__{k}": v for k, v in environment.items()})
    monkeypatch.setattr("flowlib.configuration.config.engine", settings.engine)


def test_it_is_local_by_default() -> None:
    assert isinstance(default_executor(), LocalExecutor)


@pytest.mark.parametrize("library", ["flowlib", "prefect"])
def test_the_environment_names_a_class(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    configured(
        monkeypatch,
        DEFAULT_CLASS=f"{library}.executors.DaskExecutor",
        DASK__ADDRESS="tcp://scheduler:8786",
    )
    executor = default_executor()

    assert isinstance(executor, DaskExecutor)
    assert (executor.address, executor.cluster_class) == ("tcp://scheduler:8786", None)


@pytest.mark.parametrize("path", ["flowlib.executors.Nothing", "no.such.module.Thing", "nonsense"])
def test_a_class_that_cannot_be_imported_becomes_local_with_a_warning(
    monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    configured(monkeypatch, DEFAULT_CLASS=path)

    with pytest.warns(UserWarning, match="LocalExecutor runs the flow"):
        assert isinstance(default_executor(), LocalExecutor)


class Told(LocalExecutor):
    """Says that it was started."""

    def __init__(self, name: str, told: list[str]) -> None:
        self.name = name
        self.told = told

    @contextmanager
    def start(self) -> Iterator[Any]:
        self.told.append(self.name)
        with super().start() as session:
            yield session


def test_the_executor_given_goes_before_the_flows_and_that_before_the_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[str] = []
    monkeypatch.setattr(
        "flowlib.executors.defaults.default_executor", lambda: Told("settings", told)
    )
    flow = Flow("f")
    flow.run()
    flow.executor = Told("flow", told)
    flow.run()
    flow.run(executor=Told("argument", told))

    assert told == ["settings", "flow", "argument"]


def test_a_dotted_path_is_imported() -> None:
    assert imported("collections.abc.Mapping").__name__ == "Mapping"
