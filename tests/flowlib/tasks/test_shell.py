"""Shell commands as tasks."""

import logging
from typing import Any

import pytest

from flowlib import Flow
from flowlib.engine.state import Failed, State
from flowlib.executors import LocalExecutor
from flowlib.tasks.shell import ShellTask


def run(task: ShellTask, **arguments: Any) -> State:
    with Flow("f") as flow:
        ran = task(**arguments)
    state = flow.run(executor=LocalExecutor())
    assert state is not None
    final: State = state.result[ran]
    return final


# How it is made, how it is called, and what comes of it.
RESULTS: dict[str, tuple[dict[str, Any], dict[str, Any], Any]] = {
    "the last line": ({"command": "echo a; echo b"}, {}, "b"),
    "all lines": ({"command": "echo a; echo; echo b", "return_all": True}, {}, ["a", "", "b"]),
    "no line": ({"command": "true"}, {}, None),
    "no lines": ({"command": "true", "return_all": True}, {}, []),
    "standard error too": ({"command": "echo a >&2"}, {}, "a"),
    "called with a command": ({"command": "echo a"}, {"command": "echo b"}, "b"),
    "a script before": ({"command": "hi", "helper_script": "hi() { echo hello; }"}, {}, "hello"),
    "environment": ({"command": "echo $A $B", "env": {"A": "1"}}, {}, "1 base"),
    "environment of the call": ({"command": "echo $A"}, {"env": {"A": "2"}}, "2"),
    "another shell": ({"command": "echo ${BASH_VERSION:-none}", "shell": "sh"}, {}, "none"),
}


@pytest.mark.parametrize(("made", "called", "result"), RESULTS.values(), ids=RESULTS.keys())
def test_what_comes_of_it(
    made: dict[str, Any],
    called: dict[str, Any],
    result: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("B", "base")
    state = run(ShellTask(**made), **called)
    assert state.is_successful(), state.message
    assert state.result == result


def test_an_exit_code_is_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "flowlib"):
        state = run(ShellTask("echo a; echo why >&2; exit 3", return_all=True, log_stderr=True))
    assert type(state) is Failed
    assert state.message == "Command failed with exit code 3"
    assert state.result == ["a", "why"]
    assert [record.getMessage() for record in caplog.records] == [
        "Command failed with exit code 3",
        "a\nwhy",
    ]


@pytest.mark.parametrize(
    ("stream", "level"), [(True, "INFO"), ("warning", "WARNING"), (logging.ERROR, "ERROR")]
)
def test_lines_are_logged_as_they_come(
    stream: Any, level: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "flowlib"):
        run(ShellTask("echo spoken", name="sh", stream_output=stream))
    assert ("flowlib.sh", level, "spoken") in [
        (r.name, r.levelname, r.getMessage()) for r in caplog.records
    ]


def test_a_command_is_needed() -> None:
    assert "needs a command" in str(run(ShellTask()).message)
