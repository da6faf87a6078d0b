from collections.abc import Callable, Iterator
from typing import Any

import pytest

from flowlib.cli.exits import NotFound, Refused, Unreachable
from flowlib.cli.follow import RunIsGone, follow

Answer = dict[str, Any] | Exception
Events = list[tuple[str, dict[str, Any]] | Exception]


def a_run(phase: str, version: int, uid: str = "u1") -> dict[str, Any]:
    return {
        "metadata": {
            "name": "diamond",
            "namespace": "data",
            "uid": uid,
            "resourceVersion": str(version),
        },
        "status": {"phase": phase},
    }


class Script:
    """An API server that answers what the test wrote, in order."""

    def __init__(self, gets: list[Answer], watches: list[Events]) -> None:
        self.gets, self.watches = iter(gets), iter(watches)
        self.watched_from: list[str] = []

    def get(self, name: str) -> dict[str, Any]:
        answer = next(self.gets)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def watch(self, name: str, resource_version: str) -> Iterator[tuple[str, dict[str, Any]]]:
        self.watched_from.append(resource_version)
        for event in next(self.watches):
            if isinstance(event, Exception):
                raise event
            yield event


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def phases(pauses: list[float]) -> Callable[[Script], list[str]]:
    def seen(script: Script) -> list[str]:
        return [
            run.phase
            for run in follow(script, "diamond", note=lambda line: None, sleep=pauses.append)
        ]

    return seen


def test_one_watch_tells_the_story_to_the_end(phases):
    script = Script(
        [a_run("Pending", 1)],
        [[("MODIFIED", a_run("Running", 2)), ("MODIFIED", a_run("Succeeded", 3))]],
    )
    assert phases(script) == ["Pending", "Running", "Succeeded"]
    assert script.watched_from == ["1"]


def test_a_run_that_has_ended_already_is_not_watched(phases):
    script = Script([a_run("Failed", 1)], [])
    assert phases(script) == ["Failed"]
    assert script.watched_from == []


def test_a_watch_that_ends_is_begun_anew_from_what_was_seen(phases):
    script = Script(
        [a_run("Running", 1), a_run("Running", 2)],
        [[("MODIFIED", a_run("Running", 2))], [("MODIFIED", a_run("Succeeded", 5))]],
    )
    assert phases(script) == ["Running", "Running", "Succeeded"]
    assert script.watched_from == ["1", "2"]


def test_an_end_between_two_watches_is_seen_by_the_look_between_them(phases):
    script = Script([a_run("Running", 1), a_run("Succeeded", 9)], [[]])
    assert phases(script) == ["Running", "Succeeded"]


def test_an_api_server_that_restarts_is_waited_for_with_growing_pauses(phases, pauses):
    gone = Unreachable("connection refused")
    script = Script(
        [a_run("Running", 1), gone, gone, a_run("Succeeded", 2)],
        [[gone]],
    )
    assert phases(script) == ["Running", "Succeeded"]
    assert pauses == [1.0, 2.0, 4.0]


def test_an_api_server_that_never_answered_is_an_error(phases):
    with pytest.raises(Unreachable):
        phases(Script([Unreachable("connection refused")], []))


@pytest.mark.parametrize("why", ["forbidden: cannot watch", "too old resource version"])
def test_where_watching_is_refused_the_run_is_looked_at_again(phases, pauses, why):
    script = Script([a_run("Running", 1), a_run("Succeeded", 2)], [[Refused(why)]])
    assert phases(script) == ["Running", "Succeeded"]
    assert 5.0 in pauses


def test_a_run_that_never_was_is_not_found(phases):
    with pytest.raises(NotFound):
        phases(Script([NotFound("no such run")], []))


@pytest.mark.parametrize(
    "script",
    [
        Script([a_run("Running", 1)], [[("DELETED", a_run("Running", 2))]]),
        Script([a_run("Running", 1), NotFound("")], [[]]),
        Script([a_run("Running", 1), a_run("Pending", 9, uid="u2")], [[]]),
        Script([a_run("Running", 1)], [[("ADDED", a_run("Pending", 9, uid="u2"))]]),
    ],
    ids=["seen", "between two watches", "and made anew", "and made anew while watched"],
)
def test_a_run_that_is_deleted_while_it_runs_counts_as_cancelled(phases, script):
    with pytest.raises(RunIsGone, match=r"data/diamond was deleted before it finished") as raised:
        phases(script)
    assert raised.value.exit_code == 4


def test_a_deletion_that_shows_a_finished_run_is_its_end(phases):
    script = Script([a_run("Running", 1)], [[("DELETED", a_run("Succeeded", 2))]])
    assert phases(script) == ["Running", "Succeeded"]
