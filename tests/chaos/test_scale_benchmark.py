"""What benchmarks/scale reads and sends."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from benchmarks.scale.at_once import read_calls, shares, until_made
from benchmarks.scale.dask_jobs import Created, read_created
from benchmarks.scale.replay import Patterns
from tests.e2e.audit import Request

T0 = datetime(2026, 11, 25, tzinfo=UTC)
OPERATOR = "system:serviceaccount:s:operator"


def request(second: int, verb: str, resource: str, sub: str = "", user: str = OPERATOR) -> Request:
    at = T0 + timedelta(seconds=second)
    return Request(at, at + timedelta(seconds=1), user, verb, resource, sub, "n", "r", 200)


def test_only_the_operators_own_calls_for_runs_count() -> None:
    calls, seconds = read_calls(
        [
            request(0, "list", "flowruns"),
            request(1, "create", "flowruns", user="somebody"),
            request(2, "get", "flowruns"),
            request(5, "update", "flowruns", "status"),
            request(9, "watch", "pods"),
        ],
        OPERATOR,
    )
    assert calls == Counter({("get", "flowruns"): 1, ("update", "flowruns/status"): 1})
    assert seconds == 4.0  # from the first to the answer of the last


def test_what_came_after_the_last_child_is_left_out() -> None:
    requests = [made(0, "daskclusters"), made(1, "pods"), request(2, "update", "flowruns")]
    assert until_made([*requests, made(3, "events")]) == requests[:2]


def test_all_calls_are_sent_and_spread_evenly() -> None:
    assert shares(7, 3) == [2, 2, 3]
    assert sum(shares(4003, 1000)) == 4003


def test_a_pattern_becomes_another_runs_child() -> None:
    pod = {
        "metadata": {
            "name": "run-0-1-aaaaa-runner",
            "namespace": "old",
            "resourceVersion": "7",
            "labels": {"flowrun.dev/name": "run-0", "flowrun.dev/uid": "aaaaa-bb"},
            "ownerReferences": [{"uid": "aaaaa-bb", "name": "run-0"}],
        },
        "spec": {"nodeName": "somewhere", "containers": []},
        "status": {"phase": "Running"},
    }
    patterns = Patterns("aaaaa-bb", {}, {"pods": pod}, {})
    assert patterns.child("pods", "new", "run-7", "ccccc-dd") == {
        "metadata": {
            "name": "run-7-1-ccccc-runner",
            "namespace": "new",
            "labels": {"flowrun.dev/name": "run-7", "flowrun.dev/uid": "ccccc-dd"},
            "ownerReferences": [{"uid": "ccccc-dd", "name": "run-7"}],
        },
        "spec": {"containers": []},
    }


def made(second: int, resource: str, name: str = "x") -> Request:
    at = T0 + timedelta(seconds=second)
    return Request(at, at + timedelta(seconds=1), "u", "create", resource, "", "n", name, 201)


ALL_OF_ONE = [
    made(0, "daskjobs"),
    made(2, "daskclusters"),
    made(3, "pods", "x-runner"),
    made(4, "services"),
    made(5, "daskworkergroups"),
    made(6, "deployments"),
    made(7, "deployments"),
    made(9, "pods", "x-scheduler-abc"),
    made(9, "replicasets"),
]


def test_until_all_is_created_is_read_from_the_audit_log() -> None:
    assert read_created(ALL_OF_ONE, "daskjobs", 1) == Created(asked=1.0, own=4.0, everything=8.0)


@pytest.mark.parametrize("left_out", range(7))
def test_what_was_not_created_for_each_is_no_measurement(left_out: int) -> None:
    some = [each for number, each in enumerate(ALL_OF_ONE) if number != left_out]
    with pytest.raises(AssertionError):
        read_created(some, "daskjobs", 1)
