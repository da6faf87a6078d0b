"""What a DaskExecutor keeps of its arguments, before there is any cluster."""

import logging
import pickle
from pathlib import Path
from typing import Any

import pytest
from distributed import LocalCluster

from flowlib.configuration import load
from flowlib.executors import DaskExecutor
from flowlib.executors.resources import resources


def made_by_function(**kwargs: Any) -> Any:
    return LocalCluster(**kwargs)


def test_without_an_address_a_local_cluster_is_made() -> None:
    executor = DaskExecutor()

    assert executor.address is None
    assert executor.cluster_class is LocalCluster
    assert executor.cluster_kwargs == {"silence_logs": logging.CRITICAL}
    assert executor.adapt_kwargs == {}
    assert executor.client_kwargs == {"set_as_default": False}


def test_debug_lets_the_cluster_say_more() -> None:
    assert DaskExecutor(debug=True).cluster_kwargs == {"silence_logs": logging.WARNING}


def test_with_an_address_there_is_no_cluster_to_make() -> None:
    executor = DaskExecutor("tcp://scheduler:8786", client_kwargs={"name": "me"})

    assert (executor.cluster_class, executor.cluster_kwargs) == (None, None)
    assert executor.client_kwargs == {"set_as_default": False, "name": "me"}


@pytest.mark.parametrize("more", [{"cluster_class": LocalCluster}, {"cluster_kwargs": {}}])
def test_an_address_and_a_cluster_exclude_each_other(more: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="Cannot specify `address` and"):
        DaskExecutor("tcp://scheduler:8786", **more)


@pytest.mark.parametrize("given", ["distributed.LocalCluster", LocalCluster])
def test_a_cluster_class_may_be_a_name(given: Any) -> None:
    assert DaskExecutor(cluster_class=given).cluster_class is LocalCluster


def test_a_cluster_class_may_be_a_function() -> None:
    executor = DaskExecutor(cluster_class=made_by_function, cluster_kwargs={"n_workers": 1})

    assert executor.cluster_class is made_by_function
    assert executor.cluster_kwargs == {"n_workers": 1}


def test_the_environment_names_a_cluster_class(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "FLOWLIB__ENGINE__EXECUTOR__DASK__CLUSTER_CLASS"
    settings = load({name: "dask.distributed.LocalCluster"})
    monkeypatch.setattr("flowlib.configuration.config.engine", settings.engine)

    assert DaskExecutor().cluster_class is LocalCluster


def test_a_cluster_that_is_asked_for_goes_before_the_address_in_the_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = load({"FLOWLIB__ENGINE__EXECUTOR__DASK__ADDRESS": "tcp://scheduler:8786"})
    monkeypatch.setattr("flowlib.configuration.config.engine", settings.engine)

    assert DaskExecutor().address == "tcp://scheduler:8786"
    executor = DaskExecutor(cluster_kwargs={"n_workers": 1})
    assert (executor.address, executor.cluster_class) == (None, LocalCluster)


def test_it_travels() -> None:
    executor = pickle.loads(pickle.dumps(DaskExecutor("tcp://scheduler:8786")))
    assert executor.address == "tcp://scheduler:8786"


def test_the_performance_report_is_empty_when_there_is_none(tmp_path: Path) -> None:
    assert DaskExecutor().performance_report == ""
    assert DaskExecutor(performance_report_path=str(tmp_path / "no")).performance_report == ""


def test_tags_name_worker_resources() -> None:
    assert resources({"dask-resource:GPU=1", "other"}) == {"GPU": 1.0}
    assert resources({"other"}) is None
