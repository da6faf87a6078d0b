"""The log: on stdout, by settings, with what the context knows."""

import logging
import subprocess
import sys
from pathlib import Path

import pytest

import flowlib
from flowlib import Flow, Task, context, task
from flowlib.executors import LocalExecutor
from flowlib.utilities.logging import get_logger

PROGRAM = """
import logging
from flowlib import Flow, task, context
@task
def speak():
    context.logger.warning("spoke")
    logging.getLogger("other").info("other spoke")
with Flow("f") as flow:
    speak()
flow.run(flow_run_id="run-1")
"""


def printed(**environment: str) -> list[str]:
    settings = {f"FLOWLIB__LOGGING__{name}": value for name, value in environment.items()}
    root = str(Path(flowlib.__file__).parents[1])
    answer = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={"PYTHONPATH": root, **settings},
        capture_output=True,
        text=True,
        check=True,
    )
    return answer.stdout.splitlines()


def test_level_and_format() -> None:
    lines = printed(
        LEVEL="WARNING", FORMAT="%(levelname)s|%(name)s|%(flow_run_id)s|%(task_slug)s|%(message)s"
    )
    assert lines == ["WARNING|flowlib.speak|run-1|speak-1|spoke"]


def test_dates_more_attributes_and_more_loggers() -> None:
    lines = printed(
        DATEFMT="a date",
        FORMAT="%(asctime)s|%(task_run_count)s|%(message)s",
        LOG_ATTRIBUTES="['task_run_count']",
        EXTRA_LOGGERS="['other']",
    )
    assert "a date|1|other spoke" in lines
    assert "a date|None|Flow run SUCCESS: all reference tasks succeeded" in lines


def test_names() -> None:
    assert get_logger().name == "flowlib"
    assert get_logger("x").name == "flowlib.x"
    assert Task(name="t").logger.name == "flowlib.t"


def test_records_know_their_task(caplog: pytest.LogCaptureFixture) -> None:
    @task
    def speak(x: int) -> None:
        context.logger.info("spoke")

    with Flow("f") as flow:
        speak.map([0, 0])
    with caplog.at_level(logging.INFO, "flowlib"):
        flow.run(executor=LocalExecutor(), flow_run_id="run-1")
    spoken = [record for record in caplog.records if record.getMessage() == "spoke"]
    assert [record.name for record in spoken] == ["flowlib.speak[0]", "flowlib.speak[1]"]
    for record in spoken:
        known = vars(record)
        assert (known["flow_name"], known["flow_run_id"]) == ("f", "run-1")
        assert (known["task_name"], known["task_slug"]) == ("speak", "speak-1")
    assert len({vars(record)["task_run_id"] for record in spoken}) == 2
