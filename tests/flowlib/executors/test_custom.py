"""Executors of one's own, with submit and wait."""

import concurrent.futures
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from flowlib import Flow, task
from flowlib.executors import DaskExecutor, Executor, LocalDaskExecutor, LocalExecutor


class Threads(Executor):
    """As somebody may have written it."""

    def __init__(self) -> None:
        self.pool: Any = None
        self.seen: list[dict[str, Any]] = []

    @contextmanager
    def start(self) -> Iterator[None]:
        with concurrent.futures.ThreadPoolExecutor(2) as self.pool:
            yield

    def submit(self, fn: Any, *args: Any, extra_context: Any = None, **kwargs: Any) -> Any:
        self.seen.append(extra_context)
        return self.pool.submit(fn, *args, **kwargs)

    def wait(self, futures: Any) -> Any:
        return futures.result()


class Counting(LocalExecutor):
    """Counts what is submitted."""

    submitted = 0

    def submit(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        self.submitted += 1
        return super().submit(fn, *args, **kwargs)


@task
def inc(x: int) -> int:
    if x == 3:
        raise ValueError("three")
    return x + 1


def flow() -> Any:
    with Flow("f") as made:
        inc.map(inc.map(list(range(50))))
    return made


def results(executor: Executor) -> Any:
    made = flow()
    state = made.run(executor=executor)
    (last,) = made.reference_tasks()
    return [
        child.result if child.is_successful() else type(child).__name__
        for child in state.result[last].map_states
    ]


@pytest.mark.parametrize("make", [Threads, Counting])
def test_a_flow_runs_on_it_as_on_flowlibs_own(make: type[Executor]) -> None:
    assert results(make()) == results(LocalExecutor())


def test_it_is_told_what_it_runs() -> None:
    executor = Threads()
    results(executor)
    assert {seen["task_name"] for seen in executor.seen} == {"inc"}
    assert executor.seen[0]["flow_name"] == "f"
    counting = Counting()
    results(counting)
    assert counting.submitted > 0


def test_it_must_say_how() -> None:
    with pytest.raises(NotImplementedError, match="Executor does not say how work is submitted"):
        Executor().submit(print)
    with pytest.raises(NotImplementedError, match="waited for"):
        Executor().wait(1)
    state = flow().run(executor=Executor())
    assert isinstance(state.result, NotImplementedError)


def test_all_are_executors() -> None:
    for kind in (DaskExecutor, LocalDaskExecutor, LocalExecutor):
        assert issubclass(kind, Executor)
    assert LocalExecutor().wait(LocalExecutor().submit(max, 1, 2)) == 2
    assert repr(LocalDaskExecutor()) == "<Executor: LocalDaskExecutor>"
