"""Exceptions that leave flow.run, and what can travel."""

import subprocess
import threading
from typing import Any

import pytest

from flowlib import Flow, context, task
from flowlib.engine import signals
from flowlib.executors import LocalExecutor
from flowlib.utilities.debug import is_serializable, raise_on_exception


@task
def fail(x: int) -> None:
    if x == 1:
        raise ValueError("one")
    if x == 2:
        raise signals.SKIP("two")


@pytest.mark.parametrize(("x", "error"), [(1, ValueError), (2, signals.SKIP)])
def test_the_first_exception_or_signal_leaves_the_run(x: int, error: type[BaseException]) -> None:
    with Flow("f") as flow:
        fail.map([0, x, 1])
    with raise_on_exception(), pytest.raises(error):
        flow.run(executor=LocalExecutor())
    state = flow.run(executor=LocalExecutor())
    assert state is not None
    assert state.is_failed()


def test_what_a_handler_raises_leaves_it_too() -> None:
    def handler(task: Any, old: Any, new: Any) -> None:
        raise KeyError("handler")

    with Flow("f") as flow:
        fail(0, task_args={"state_handlers": [handler]})
    with raise_on_exception(), pytest.raises(KeyError, match="handler"):
        flow.run(executor=LocalExecutor())


def test_loops_go_round() -> None:
    @task
    def loop() -> Any:
        count = context.get("task_loop_count", 1)
        if count < 3:
            raise signals.LOOP(result=count)
        return count

    with Flow("f") as flow:
        looped = loop()
    with raise_on_exception():
        state = flow.run(executor=LocalExecutor())
    assert state is not None
    assert state.result[looped].result == 3


class Refuses:
    """Can be pickled, and not be unpickled."""

    def __reduce__(self) -> Any:
        return exec, ("raise RuntimeError('unpickled')",)


def test_what_can_travel() -> None:
    assert is_serializable(lambda x: x)
    assert not is_serializable(threading.Lock())
    assert not is_serializable(Refuses())
    with pytest.raises(TypeError, match="lock"):
        is_serializable(threading.Lock(), raise_on_error=True)
    with pytest.raises(subprocess.CalledProcessError) as told:
        is_serializable(Refuses(), raise_on_error=True)
    assert "unpickled" in told.value.output.decode()
