"""Which differences between runner, scheduler and workers are told."""

import pytest

from flowlib.runner.versions import VersionMismatch, compare

OURS = {
    "python": "3.11.7.final.0",
    "dask": "2026.8.0",
    "distributed": "2026.8.0",
    "cloudpickle": "3.1.2",
    "numpy": "2.4.6",
}


def all_have(*workers: dict[str, str | None], **others: dict[str, str | None]) -> None:
    theirs = {f"tcp://10.0.0.{number}:1": its for number, its in enumerate(workers)}
    compare({"runner": OURS, "scheduler": OURS, **others, **theirs})


def test_the_same_versions_are_no_mismatch() -> None:
    all_have(OURS, OURS)
    compare({})


@pytest.mark.parametrize("change", [{"python": "3.11.9.final.0"}, {"numpy": "1.26.0"}])
def test_what_does_not_matter_between_processes_is_no_mismatch(change: dict[str, str]) -> None:
    all_have({**OURS, **change})


def test_each_package_is_named_with_each_version_and_whose_it_is() -> None:
    with pytest.raises(VersionMismatch) as raised:
        all_have(
            OURS,
            {**OURS, "python": "3.12.1.final.0", "dask": "2026.7.1"},
            scheduler={**OURS, "dask": "2026.7.1", "cloudpickle": None},
        )
    assert str(raised.value) == (
        "Versions differ: "
        "python is 3.11 (runner; scheduler; tcp://10.0.0.0:1), 3.12 (tcp://10.0.0.1:1); "
        "dask is 2026.8.0 (runner; tcp://10.0.0.0:1), 2026.7.1 (scheduler; tcp://10.0.0.1:1); "
        "cloudpickle is 3.1.2 (runner; tcp://10.0.0.0:1; tcp://10.0.0.1:1), missing (scheduler). "
        "Runner, scheduler and workers need the same ones: give them one image."
    )


def test_of_many_workers_a_few_are_named() -> None:
    with pytest.raises(VersionMismatch, match=r"tcp://10\.0\.0\.2:1; 97 more\)"):
        all_have(*[{**OURS, "dask": "2026.7.1"}] * 100)
