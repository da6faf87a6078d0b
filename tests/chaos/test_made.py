"""What counts as made too late: dask-kubernetes' children of a cluster that is to go."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.chaos.made import made_by
from tests.e2e.audit import Request

BEGAN = datetime(2026, 11, 25, tzinfo=UTC)
OURS = "system:serviceaccount:flowrun-system:flowrun-operator"
DASKS = "system:serviceaccount:flowrun-system:flowrun-dask-operator"


def request(second: int, verb: str, resource: str, name: str, user: str, code: int = 0) -> Request:
    """One of half a second."""
    at = BEGAN + timedelta(seconds=second)
    answered = at + timedelta(seconds=0.5)
    code = code or (201 if verb == "create" else 200)
    return Request(at, answered, user, verb, resource, "", "n", name, code)


BEFORE = [
    request(0, "create", "daskclusters", "r-1", OURS),
    request(1, "create", "services", "r-1-scheduler", DASKS),
]
DELETED = request(2, "delete", "daskclusters", "r-1", OURS)
AGAIN = request(3, "create", "services", "r-1-scheduler", DASKS)


@pytest.mark.parametrize(
    ("requests", "wanted", "late"),
    [
        pytest.param([AGAIN], 2, 0, id="its cluster is not deleted"),
        pytest.param([DELETED, AGAIN], 1, 1, id="its cluster is"),
        pytest.param(
            [request(2, "delete", "daskclusters", "r-2", OURS), AGAIN], 2, 0, id="another is"
        ),
        pytest.param(
            [request(2, "delete", "daskclusters", "r-1", OURS, 409), AGAIN], 2, 0, id="refused"
        ),
        pytest.param(
            [DELETED, request(2, "create", "services", "r-1-scheduler", DASKS)],
            2,
            0,
            id="asked for before the deletion was answered",
        ),
        pytest.param(
            [DELETED, request(3, "create", "services", "r-1-scheduler", OURS)],
            2,
            0,
            id="made by somebody else",
        ),
    ],
)
def test_the_service_of_a_scheduler(requests: list[Request], wanted: int, late: int) -> None:
    made = made_by([*BEFORE, *requests])
    service = ("services", "r-1-scheduler")
    assert (made.while_wanted[service], made.too_late[service]) == (wanted, late)
    assert made.while_wanted["daskclusters", "r-1"] == 1
