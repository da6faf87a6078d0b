"""Names fit, are valid, and are nobody else's."""

import re
from typing import Any
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from flowrun_operator.plan.names import names
from tests.operator.plan.build import UID, a_run

NAMES = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", fullmatch=True)
UIDS = st.uuids(version=4).map(str)
ATTEMPTS = st.integers(min_value=1, max_value=9999)

DNS_LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")


def test_names_of_a_run() -> None:
    called = names(a_run("diamond"), 2)

    assert called.cluster == "diamond-2-3f9c2"
    assert called.scheduler == "diamond-2-3f9c2-scheduler"
    assert called.worker_group == "diamond-2-3f9c2-default"
    assert called.runner_pod == "diamond-2-3f9c2-runner"
    assert called.network_policy == "diamond-3f9c2"
    assert called.source == "diamond-3f9c2-source"
    assert called.scheduler_address == "tcp://diamond-2-3f9c2-scheduler.data.svc:8786"
    assert called.dashboard_url == "http://diamond-2-3f9c2-scheduler.data.svc:8787/status"


def test_a_long_name_loses_its_end_and_no_dash_is_doubled() -> None:
    called = names(a_run("a" * 44 + "-" + "b" * 18), 1)

    assert called.cluster == "a" * 44 + "-1-3f9c2"


def test_services_of_a_run_whose_name_begins_with_a_digit_begin_with_a_letter() -> None:
    assert names(a_run("2026-report"), 1).scheduler == "r2026-report-1-3f9c2-scheduler"


@given(NAMES, UIDS, ATTEMPTS)
def test_every_name_is_valid_where_it_stands(name: str, uid: str, attempt: int) -> None:
    called = names(a_run(name, uid), attempt)

    assert len(called.cluster) <= 53, "dask-kubernetes refuses more"
    every = (called.cluster, called.scheduler, called.worker_group, called.runner_pod)
    for one in (*every, called.network_policy, called.source):
        assert len(one) <= 63
        assert DNS_LABEL.fullmatch(one)


@given(NAMES, UIDS, ATTEMPTS, ATTEMPTS)
def test_attempts_share_only_what_is_the_runs(name: str, uid: str, first: int, second: int) -> None:
    assume(first != second)
    one, other = names(a_run(name, uid), first), names(a_run(name, uid), second)

    assert one.network_policy == other.network_policy
    assert one.source == other.source
    assert one.cluster != other.cluster
    assert one.runner_pod != other.runner_pod


@given(NAMES, NAMES, st.uuids(version=4), st.uuids(version=4), ATTEMPTS, ATTEMPTS)
def test_runs_never_share_a_name(
    name: str, other_name: str, uid: UUID, other_uid: UUID, attempt: int, other_attempt: int
) -> None:
    assume(str(uid)[:5] != str(other_uid)[:5])
    one = names(a_run(name, str(uid)), attempt)
    other = names(a_run(other_name, str(other_uid)), other_attempt)

    assert one.cluster != other.cluster
    assert one.runner_pod != other.runner_pod
    assert one.network_policy != other.network_policy
    assert one.source != other.source


@pytest.mark.parametrize(
    ("results", "url"),
    [
        (None, None),
        ({"location": "file:///results"}, f"file:///results/data/diamond-{UID}"),
        ({"location": "s3://bucket/"}, f"s3://bucket/data/diamond-{UID}"),
    ],
)
def test_all_attempts_of_a_run_keep_their_results_in_one_folder_of_its_own(
    results: Any, url: str | None
) -> None:
    run = a_run(results=results)

    assert [names(run, attempt).results_url for attempt in (1, 2)] == [url, url]
