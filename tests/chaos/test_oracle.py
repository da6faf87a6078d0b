"""The oracle sees what is wrong: one that sees nothing proves nothing."""

from collections import Counter
from typing import Any

import pytest

from tests.chaos import oracle
from tests.chaos.scripts import RETRY, SUCCESS
from tests.e2e.watch import Object, Seen

T = [f"2026-11-25T00:00:0{second}Z" for second in range(10)]


def attempt(number: int = 1, start: int = 0, end: int | None = 3, **more: Any) -> dict[str, Any]:
    """As the operator writes it."""
    found = {"number": number, "startTime": T[start], "clusterName": f"r-{number}", **more}
    return {"runnerPodName": f"r-{number}-runner", **found} | ({"endTime": T[end]} if end else {})


def run(phase: str, *attempts: dict[str, Any], **more: Any) -> Object:
    """A FlowRun."""
    status = {"phase": phase, "attempts": list(attempts), "attempt": len(attempts), **more}
    return {"metadata": {"namespace": "n", "name": "r"}, "status": status}


FIRST = attempt(1, 0, 3, reason="RunnerCrashed")


def test_a_right_end_is_right() -> None:
    assert list(oracle.wrong_end(SUCCESS, run("Succeeded", attempt()))) == []
    assert list(oracle.wrong_end(RETRY, run("Succeeded", FIRST, attempt(2, 4, 6)))) == []


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (run("Failed", FIRST, attempt(2, 4, 6), reason="TaskFailed"), "ended Failed TaskFailed"),
        (run("Succeeded", attempt(2, 4, 6)), "attempts tell (None,)"),
        (run("Succeeded", FIRST, attempt(3, 4, 6)), "attempts have numbers [1, 3]"),
        (run("Succeeded", FIRST, attempt(2, 4, None)), "attempt 2 has no end"),
        (run("Succeeded", FIRST, attempt(2, 6, 4)), "attempt 2 ended before it began"),
        (run("Succeeded", FIRST, attempt(2, 2, 6)), "attempts 1 and 2 overlap"),
    ],
)
def test_a_wrong_end_is_seen(end: Object, said: str) -> None:
    assert any(said in each for each in oracle.wrong_end(RETRY, end))


@pytest.mark.parametrize(
    ("phases", "said"),
    [
        (["Pending", "Starting", "Running", "Succeeded"], []),
        (["Starting", "Running", "Starting"], ["phase went back to Starting in attempt 1"]),
        (["Running", "Succeeded", "Failed"], ["Succeeded became Failed"]),
    ],
)
def test_phases_go_forward(phases: list[str], said: list[str]) -> None:
    history = [Seen(0.0, "MODIFIED", run(each, attempt())) for each in phases]
    assert list(oracle.wrong_order(history)) == said


MADE = Counter({("daskclusters", "r-1"): 1, ("pods", "r-1-runner"): 1, ("pods", ""): 2})
END = run("Succeeded", attempt(clusterUID="u", runnerPodUID="v"))


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (MADE, []),
        (MADE + Counter({("pods", "r-1-runner"): 1}), ["pods/r-1-runner was made 2 times"]),
        (MADE + Counter({("daskclusters", "r-2"): 1}), ["daskclusters/r-2 is in no attempt"]),
        (Counter({("pods", "r-1-runner"): 1}), ["daskclusters/r-1 was never made"]),
    ],
)
def test_the_audit_log_is_held_against_the_attempts(
    made: Counter[tuple[str, str]], said: list[str]
) -> None:
    assert list(oracle.wrong_children(made, [END])) == said
