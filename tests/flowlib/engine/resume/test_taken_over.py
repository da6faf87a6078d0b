"""What an attempt has finished, the next one takes over."""

import datetime

import pytest

from flowlib import Flow, context, flatten, task, unmapped
from flowlib.engine import signals
from flowlib.engine.state import Skipped
from tests.flowlib.engine.resume.attempts import Attempts, Trouble, sums


@pytest.mark.usefixtures("child_a_file")
def test_a_killed_attempt_is_gone_on_with(attempts: Attempts, trouble: Trouble) -> None:
    flow, end = sums(attempts, trouble)
    trouble.of = {3: KeyboardInterrupt()}
    with pytest.raises(KeyboardInterrupt):
        attempts.run(flow)
    assert attempts.calls == ["numbers", ("inc", 0), ("inc", 1), ("inc", 2), ("inc", 3)]
    trouble.of = {}

    final = attempts.run(flow)

    assert final.result[end].result == 2 * (1 + 2 + 3 + 4 + 5 + 6)
    again = [("inc", 3), ("inc", 4), ("inc", 5)]
    assert attempts.calls == [*again, *(("double", x) for x in range(1, 7)), "total"]
    assert attempts.resumed == 4  # numbers and three children


def test_a_failed_child_is_run_again_and_what_follows_it(
    attempts: Attempts, trouble: Trouble
) -> None:
    flow, end = sums(attempts, trouble)
    trouble.of = {2: ValueError("no")}
    assert attempts.run(flow).is_failed()
    trouble.of = {}

    final = attempts.run(flow)

    assert final.result[end].result == 42
    assert attempts.calls == [("inc", 2), ("double", 3), "total"]
    assert attempts.resumed == 1 + 5 + 5


def test_everything_is_taken_over_by_an_attempt_that_only_has_to_end(
    attempts: Attempts, trouble: Trouble
) -> None:
    flow, end = sums(attempts, trouble)
    first = attempts.run(flow)

    second = attempts.run(flow)

    assert attempts.calls == []
    assert attempts.resumed == 14
    assert second.result[end].result == first.result[end].result
    assert second.result[end].message == first.result[end].message


def test_a_third_attempt_takes_over_from_both(attempts: Attempts, trouble: Trouble) -> None:
    flow, _ = sums(attempts, trouble)
    for bad in ([1, 4], [4], []):
        trouble.of = {value: ValueError("no") for value in bad}
        final = attempts.run(flow)

    assert final.is_successful()
    assert attempts.calls == [("inc", 4), ("double", 5), "total"]
    assert attempts.resumed == 1 + 5 + 5


@pytest.mark.usefixtures("child_a_file")
def test_maps_of_maps(attempts: Attempts, trouble: Trouble) -> None:
    calls = attempts.calls

    @task
    def upto(n: int) -> list[int]:
        calls.append(("upto", n))
        return list(range(n))

    @task
    def inc(x: int) -> int:
        calls.append(("inc", x))
        trouble.befall(x)
        return x + 1

    @task
    def pair(x: int, y: int) -> tuple[int, int]:
        calls.append(("pair", x))
        return x, y

    with Flow("f") as flow:
        last = pair.map(inc.map(flatten(upto.map([2, 3, 1]))), unmapped(7))
    trouble.of = {2: KeyboardInterrupt()}
    with pytest.raises(KeyboardInterrupt):
        attempts.run(flow)
    trouble.of = {}

    final = attempts.run(flow)

    assert final.result[last].result == [(1, 7), (2, 7), (1, 7), (2, 7), (3, 7), (1, 7)]
    assert attempts.calls[:2] == [("inc", 2), ("inc", 0)]
    assert attempts.resumed == 3 + 4


def test_retries_skips_and_messages_are_as_they_were(attempts: Attempts, trouble: Trouble) -> None:
    calls = attempts.calls

    @task(max_retries=2, retry_delay=datetime.timedelta(0))
    def flaky(x: int) -> int:
        calls.append(x)
        if x == 1 and context.task_run_count < 3:
            raise ValueError(x)
        if x == 2:
            raise signals.SKIP("not this one")
        if x == 3:
            raise signals.SUCCESS("early", result=33)
        trouble.befall(x)
        return x

    with Flow("f") as flow:
        children = flaky.map([0, 1, 2, 3, 4])
    trouble.of = {4: ValueError("no")}
    attempts.run(flow)
    assert attempts.calls.count(4) == 3
    trouble.of = {}

    states = attempts.run(flow).result[children].map_states

    assert attempts.calls == [4]
    assert [state.attempts for state in states] == [1, 3, 1, 1, 1]
    assert isinstance(states[2], Skipped)
    assert (states[3].message, states[3].result) == ("early", 33)


def test_rows_that_wait_for_a_retry_when_the_attempt_dies_begin_anew(
    attempts: Attempts, trouble: Trouble
) -> None:
    calls = attempts.calls

    @task(max_retries=1, retry_delay=datetime.timedelta(0))
    def flaky(x: int) -> int:
        calls.append((x, context.task_run_count))
        trouble.befall((x, context.task_run_count))
        return x

    with Flow("f") as flow:
        flaky.map([0, 1])
    trouble.of = {(1, 1): ValueError("no"), (1, 2): KeyboardInterrupt()}
    with pytest.raises(KeyboardInterrupt):
        attempts.run(flow)
    trouble.of = {}

    assert attempts.run(flow).is_successful()

    assert attempts.calls == [(1, 1)]
