"""What a spec may say, where the models say it before the API server does."""

from typing import Any

import pytest
from pydantic import ValidationError

from flowrun_operator.api import FlowRunSpec
from flowrun_operator.api.spec import Cluster


def spec(**fields: Any) -> FlowRunSpec:
    return FlowRunSpec.model_validate({"flow": {"entrypoint": "a"}, **fields})


@pytest.mark.parametrize(
    "entrypoint",
    [
        "flows",
        "flows.diamond",
        "flows.diamond:flow",
        "a.py",
        "path/to/a.py:flow",
        "/app/my flow.py",
    ],
)
def test_entrypoints(entrypoint: str) -> None:
    assert spec(flow={"entrypoint": entrypoint}).flow.entrypoint == entrypoint


@pytest.mark.parametrize(
    "entrypoint",
    ["", ":flow", "a.b:", "a.b:c:d", "a b", "a..b", "a.py:flow()", "a/b.txt", "a/b:flow"],
)
def test_what_is_no_entrypoint(entrypoint: str) -> None:
    with pytest.raises(ValidationError, match="entrypoint"):
        spec(flow={"entrypoint": entrypoint})


@pytest.mark.parametrize("limit", ["auto", "4GiB", "4 GB", "0.9", "512M", "1024B", "0"])
def test_memory_limits(limit: str) -> None:
    assert spec(cluster={"worker": {"memoryLimit": limit}})


@pytest.mark.parametrize("limit", ["much", "4 Gibibyte", "1e", "-1"])
def test_what_is_no_memory_limit(limit: str) -> None:
    with pytest.raises(ValidationError, match="memoryLimit"):
        spec(cluster={"worker": {"memoryLimit": limit}})


@pytest.mark.parametrize("quantity", [2, "2", "500m", "4Gi", "1.5", "1e3", ".5"])
def test_quantities(quantity: int | str) -> None:
    assert spec(runner={"resources": {"limits": {"cpu": quantity}}})


@pytest.mark.parametrize("quantity", ["2 Gi", "4GiB", "-1", "many"])
def test_what_is_no_quantity(quantity: str) -> None:
    with pytest.raises(ValidationError, match="limits"):
        spec(runner={"resources": {"limits": {"cpu": quantity}}})


def test_an_unknown_field_is_refused_by_name() -> None:
    with pytest.raises(ValidationError, match="wrokers"):
        spec(cluster={"wrokers": 2})


@pytest.mark.parametrize(
    ("minimum", "workers", "waited_for"), [(None, 4, 1), (2, 4, 2), (5, 4, 4), (None, 1, 1)]
)
def test_a_run_waits_for_no_more_workers_than_it_has(
    minimum: int | None, workers: int, waited_for: int
) -> None:
    assert Cluster(workers=workers, min_ready_workers=minimum).workers_to_wait_for == waited_for
