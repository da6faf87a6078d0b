"""A value that was lost with its worker is made again, and comes out otherwise."""

import datetime
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowlib import Flow, task
from flowlib.engine import signals
from flowlib.engine.flow_run import run_flow
from flowlib.engine.progress import Observer
from flowlib.executors.protocol import WorkersLost
from tests.flowlib.engine.hostile import Hostile


@task
def inc(x: int) -> int:
    return x + 1


@pytest.mark.parametrize("max_retries", [0, 2])
@settings(max_examples=40)
@given(seed=st.integers(0, 10**9))
def test_what_fails_when_it_is_made_again_has_failed_once_its_retries_are_used_up(
    max_retries: int, seed: int
) -> None:
    calls: Counter[int] = Counter()

    @task(max_retries=max_retries, retry_delay=datetime.timedelta(0) if max_retries else None)
    def works_once(x: int) -> int:
        calls[x] += 1
        if calls[x] > 1:
            raise ValueError(x)
        return x

    with Flow("f") as flow:
        once = works_once.map(range(12))
        last = inc.map(inc.map(once))
    observer = Observer()

    told = run_flow(flow, {}, Hostile(seed), observer)

    children = told.result[once].map_states
    assert [s.is_failed() for s in children] == [isinstance(s.result, ValueError) for s in children]
    failed = sum(s.is_failed() for s in children)
    assert observer.snapshot.counts.ended == observer.snapshot.counts.total == 36
    assert observer.snapshot.counts.failed >= failed
    assert told.is_failed() == any(s.is_failed() for s in told.result[last].map_states)


def no_list() -> Any:
    raise LookupError("gone")


@pytest.mark.parametrize(
    ("later", "told"),
    [
        (lambda: list(range(3)), "A value that is mapped over has fewer items than were counted"),
        (lambda: None, "A value that is mapped over has fewer items than were counted"),
        (no_list, "Some reference tasks failed."),
    ],
)
def test_a_list_that_is_made_again_otherwise(later: Callable[[], Any], told: str) -> None:
    calls: Counter[str] = Counter()

    @task
    def numbers() -> Any:
        calls["numbers"] += 1
        return list(range(12)) if calls["numbers"] == 1 else later()

    with Flow("f") as flow:
        inc.map(inc.map(numbers()))
    messages = set()
    for seed in range(10):
        calls.clear()
        messages.add(run_flow(flow, {}, Hostile(seed), Observer()).message)

    messages.discard("All reference tasks succeeded.")  # nothing was lost before its time
    assert len(messages) == 1
    assert told in str(messages)


def test_what_pauses_when_it_is_made_again_ends_the_run_with_a_word() -> None:
    calls: Counter[int] = Counter()

    @task
    def pauses_later(x: int) -> int:
        calls[x] += 1
        if calls[x] > 1:
            raise signals.PAUSE("ask me")
        return x

    with Flow("f") as flow:
        inc.map(inc.map(pauses_later.map(range(12))))

    told = run_flow(flow, {}, Hostile(0), Observer())

    assert isinstance(told.result, WorkersLost)
    assert "pauses_later: a worker was lost" in str(told.message)
