"""A stage says what it does, and a failure shows where to look."""

import os
from pathlib import Path

import pytest

from hack.kind import paths, stages


@pytest.fixture(autouse=True)
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(paths, "LOGS", tmp_path / "log")
    return paths.LOGS


def test_a_stage_says_its_name_and_its_time_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with stages.stage("make tea"):
        pass
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines()[0] == "-> make tea"
    assert said.err.splitlines()[1].startswith("   make tea: 0.")


def test_a_failed_stage_names_itself_the_log_and_the_end_of_it(logs: Path) -> None:
    script = "for i in $(seq 100); do echo line $i; done; exit 3"
    with pytest.raises(stages.StageError) as failed, stages.stage("make tea"):
        stages.run(["sh", "-c", script], "tea")
    message = str(failed.value)
    assert message.startswith("make tea: exit code 3 of sh")
    assert str(logs / "tea.log") in message
    assert message.endswith("line 100")
    assert "line 75\n" not in message


def test_a_command_that_does_not_exist_is_a_failed_stage() -> None:
    with pytest.raises(stages.StageError, match="no-such-command"):
        stages.run(["no-such-command"], "missing")


def test_a_long_command_shows_its_last_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages, "HEARTBEAT_SECONDS", 0.0)
    stages.run(["sh", "-c", "echo halfway; sleep 1.5"], "long")
    assert capsys.readouterr().err.endswith("s: halfway\n")


def test_output_of_a_failing_missing_or_slow_command_is_none() -> None:
    assert stages.output(["false"]) is None
    assert stages.output(["no-such-command"]) is None
    assert stages.output(["sleep", "5"], timeout=0.1) is None


def test_waiting_ends_with_what_was_waited_for() -> None:
    with pytest.raises(stages.StageError, match="the kettle boils: not so after 0 s"):
        stages.wait_until("the kettle boils", lambda: False, 0, pause=0)


def test_the_tail_of_a_log_is_read_from_its_end(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("x" * 100_000 + os.linesep + "the end\n\n")
    assert stages.tail(log, 1) == ["the end"]
