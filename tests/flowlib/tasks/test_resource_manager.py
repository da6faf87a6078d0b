"""resource_manager: set up before the tasks of a block, cleaned up after them."""

from typing import Any

import pytest

from flowlib import Flow, Parameter, resource_manager, task
from flowlib.engine import signals
from flowlib.engine.state import Skipped, Success, TriggerFailed

log: list[str] = []


@pytest.fixture(autouse=True)
def nothing_logged() -> None:
    log.clear()


@resource_manager
class Door:
    def __init__(self, number: int, breaks: str = "") -> None:
        if breaks == "init":
            raise ValueError("init")
        self.number = number
        self.breaks = breaks

    def setup(self) -> str:
        log.append("open")
        if self.breaks == "setup":
            raise ValueError("setup")
        return f"door {self.number}"

    def cleanup(self, resource: str) -> None:
        log.append(f"close {resource}")
        if self.breaks == "cleanup":
            raise ValueError("cleanup")


@task
def walk(through: Any) -> str:
    log.append(f"walk {through}")
    return str(through)


@task
def look() -> None:
    log.append("look")


@task
def fails(through: Any) -> None:
    raise ValueError("no")


def test_tasks_inside_run_between_setup_and_cleanup() -> None:
    with Flow("f") as flow, Door(Parameter("number")) as door:
        one = walk(door)
        walk(one)
        look()

    state = flow.run(number=3)

    assert state.is_successful()
    assert (log[0], log[-1]) == ("open", "close door 3")
    assert sorted(log[1:-1]) == ["look", "walk door 3", "walk door 3"]
    assert {t.name for t in flow.tasks} >= {"Door", "Door.setup", "Door.cleanup"}


@pytest.mark.parametrize(
    ("breaks", "cleanup", "message"),
    [
        ("init", Skipped, "Resource manager init failed"),
        ("setup", Skipped, "Resource manager setup failed"),
    ],
)
def test_without_a_resource_nothing_is_cleaned_up(breaks: str, cleanup: type, message: str) -> None:
    with Flow("f") as flow, Door(1, breaks) as door:
        walked = walk(door)
    state = flow.run()

    (cleaned,) = flow.get_tasks(name="Door.cleanup")
    assert (type(state.result[cleaned]), state.result[cleaned].message) == (cleanup, message)
    assert isinstance(state.result[walked], TriggerFailed)
    assert state.is_failed()


def test_cleanup_comes_whatever_the_tasks_inside_did_and_they_decide() -> None:
    with Flow("f") as flow, Door(1) as door:
        fails(door)
    state = flow.run()

    assert log == ["open", "close door 1"]
    assert state.is_failed()


def test_a_cleanup_that_fails_decides_nothing() -> None:
    with Flow("f") as flow, Door(1, "cleanup") as door:
        inside = walk(door)
    state = flow.run()

    assert state.is_successful()
    assert flow.reference_tasks() == {inside}
    assert state.result[flow.get_tasks(name="Door.cleanup")[0]].is_failed()


def test_a_skipped_manager_skips_everything() -> None:
    @task
    def skips() -> None:
        raise signals.SKIP("no")

    with Flow("f") as flow, Door(skips()) as door:
        inside = walk(door)
    state = flow.run()

    assert state.result[inside].is_skipped()
    assert state.result[flow.get_tasks(name="Door.cleanup")[0]].message == (
        "Resource manager init skipped"
    )


def test_resources_nest() -> None:
    with Flow("f") as flow, Door(1) as outer, Door(2) as inner:
        walk(inner, upstream_tasks=[outer])

    assert flow.run().is_successful()
    assert log.index("close door 2") > log.index("walk door 2")
    assert log.index("close door 1") > log.index("walk door 2")


def test_setup_is_optional_and_the_tasks_can_be_named() -> None:
    @resource_manager(name="broom", cleanup_task_kwargs={"name": "sweep", "tags": ["late"]})
    class Broom:
        def cleanup(self, resource: Any) -> None:
            log.append(f"swept {resource}")

    with Flow("f") as flow, Broom():
        look()

    assert flow.run().is_successful()
    assert log == ["look", "swept None"]
    assert {t.name for t in flow.tasks} == {"broom", "broom.setup", "sweep", "look"}


def test_resources_are_made_again_in_every_run() -> None:
    with Flow("f") as flow, Door(1) as door:
        inside = walk(door)
    first = flow.run()
    log.clear()

    second = flow.run(task_states=first.result)

    assert log == ["open", "close door 1"]
    assert second.result[inside] is first.result[inside]
    assert type(second) is Success


def test_a_resource_belongs_to_one_flow() -> None:
    other = Flow("g")
    with pytest.raises(ValueError, match="inside `with Flow"):
        Door(1)
    with Flow("f"), pytest.raises(ValueError, match="Multiple flows"), Door(1):
        look(flow=other)
