"""Time-outs and what tasks print, in the main thread and beside it."""

import contextlib
import datetime
import logging
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from flowlib import Flow, context, task
from flowlib.engine import guard, signals, timeout
from flowlib.engine.state import Failed, Skipped, Success, TimedOut
from flowlib.exceptions import TaskTimeoutSignal
from flowlib.executors import LocalExecutor

Runs = Callable[[Callable[[], Any]], Any]


def beside(what: Callable[[], Any]) -> Any:
    """Calls it in another thread."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(what).result()


@pytest.fixture(params=["main thread", "another thread"])
def where(request: pytest.FixtureRequest) -> Runs:
    return beside if request.param == "another thread" else lambda what: what()


def busy() -> None:
    until = time.monotonic() + 8
    while time.monotonic() < until:
        pass


def final(flow: Flow) -> Any:
    state = flow.run(executor=LocalExecutor())
    assert state is not None
    return state


@pytest.mark.parametrize("body", [lambda: time.sleep(3), busy], ids=["sleeps", "computes"])
def test_the_state_of_a_task_that_takes_too_long(where: Runs, body: Callable[[], None]) -> None:
    stopped = threading.Event()

    @task(timeout=1)
    def slow() -> None:
        try:
            body()
        finally:
            stopped.set()

    with Flow("f") as flow:
        ran = slow()
    state = where(lambda: final(flow)).result[ran]
    assert type(state) is TimedOut
    assert state.message == "Task timed out during execution."
    assert isinstance(state.result, TaskTimeoutSignal)
    assert stopped.wait(5)


def test_a_task_in_time_is_as_ever(where: Runs) -> None:
    handled: list[str] = []

    @task(timeout=5)
    def index(x: int) -> Any:
        if x == 1:
            raise ValueError("one")
        if x == 2:
            raise signals.SKIP("two")
        return context.map_index, context.flow_name, context.task_full_name

    @task(timeout=5, state_handlers=[lambda task, old, new: handled.append(type(new).__name__)])
    def one() -> int:
        return 1

    with Flow("f") as flow:
        mapped = index.map([0, 1, 2])
        single = one()
    result = where(lambda: final(flow)).result
    assert [type(child) for child in result[mapped].map_states] == [Success, Failed, Skipped]
    assert result[mapped].result[0] == (0, "f", "index[0]")
    assert result[single].result == 1
    assert handled == ["Running", "Success"]


def test_a_time_out_is_retried(where: Runs) -> None:
    attempts: list[int] = []

    @task(timeout=1, max_retries=1, retry_delay=datetime.timedelta(0))
    def slow_once() -> int:
        attempts.append(context.task_run_count)
        if len(attempts) == 1:
            time.sleep(3)
        return 5

    with Flow("f") as flow:
        ran = slow_once()
    assert where(lambda: final(flow)).result[ran].result == 5
    assert attempts == [1, 2]


def test_only_the_task_that_is_slow_times_out(where: Runs) -> None:
    @task(timeout=1)
    def sleep(seconds: float) -> float:
        time.sleep(seconds)
        return seconds

    with Flow("f") as flow:
        slept = sleep.map([0, 3, 0])
    states = where(lambda: final(flow)).result[slept].map_states
    assert [type(state) for state in states] == [Success, TimedOut, Success]


def test_sys_exit_goes_through(where: Runs) -> None:
    @task(timeout=5)
    def leave() -> None:
        raise SystemExit(3)

    with Flow("f") as flow:
        leave()
    with pytest.raises(SystemExit, match="3"):
        where(lambda: final(flow))


def test_an_alarm_of_somebody_else_is_kept() -> None:
    rung: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, frame: rung.append(number))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        timeout.within(5, lambda: guard.Outcome(1, None))
        left, _ = signal.getitimer(signal.ITIMER_REAL)
        assert 0 < left <= 0.3
        assert signal.getsignal(signal.SIGALRM)(0, None) is None  # type: ignore[operator,misc]
        assert rung == [0]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class TestStdout:
    def test_what_a_task_prints_is_logged(
        self, where: Runs, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
    ) -> None:
        @task(log_stdout=True, timeout=5)
        def speak(x: int) -> None:
            print("said", x)
            print()
            print("not", "ended", end="")

        @task
        def whisper() -> None:
            print("whispered")

        with Flow("f") as flow:
            spoken = speak.map([7])
            whisper()
        with caplog.at_level(logging.INFO, "flowlib"):
            state = where(lambda: final(flow))
        assert state.result[spoken].is_successful()
        lines = [r for r in caplog.records if r.name == "flowlib.speak[0]"]
        assert [(r.getMessage(), r.levelname) for r in lines] == [
            ("said 7", "INFO"),
            ("not ended", "INFO"),
        ]
        printed = capsys.readouterr().out.splitlines()
        assert "whispered" in printed
        assert "said 7" not in printed

    def test_what_a_task_logs_is_logged_once(self, capsys: pytest.CaptureFixture[str]) -> None:
        @task(log_stdout=True)
        def speak() -> None:
            context.logger.info("logged")
            print("printed")

        with Flow("f") as flow:
            speak()
        final(flow)
        printed = capsys.readouterr().out
        lines = [line.split(" - ", 1)[1] for line in printed.splitlines() if "speak |" in line]
        assert lines == ["flowlib.speak | logged", "flowlib.speak | printed"]

    def test_each_thread_speaks_for_itself(self, caplog: pytest.LogCaptureFixture) -> None:
        both = threading.Barrier(2, timeout=5)

        @task(log_stdout=True)
        def speak(name: str) -> None:
            both.wait()
            print(name)
            both.wait()

        def one(name: str) -> Any:
            with Flow("f") as flow:
                speak(name, task_args={"name": name})
            return final(flow)

        with caplog.at_level(logging.INFO, "flowlib"), ThreadPoolExecutor(2) as pool:
            assert all(state.is_successful() for state in pool.map(one, ["a", "b"]))
        said = {(r.name, r.getMessage()) for r in caplog.records if len(r.getMessage()) == 1}
        assert said == {("flowlib.a", "a"), ("flowlib.b", "b")}

    def test_stdout_is_itself_again(self) -> None:
        import sys

        @task(log_stdout=True)
        def speak() -> None:
            print("x")
            sys.stdout.flush()
            sys.stdout.writelines(["y\n"])

        before = sys.stdout
        with Flow("f") as flow:
            speak()
        assert final(flow).is_successful()
        assert sys.stdout is before


def test_nothing_is_raised_in_a_thread_that_is_just_starting_another() -> None:
    """Python might raise it in the new one, for which the old one would wait for ever."""
    begins, goes_on, raised = threading.Event(), threading.Event(), threading.Event()

    class Slow(threading.Thread):
        def start(self) -> None:
            begins.set()
            assert goes_on.wait(10)
            super().start()

    def start_another() -> None:
        with contextlib.suppress(KeyboardInterrupt):
            timeout.start(Slow(target=lambda: None))
            assert raised.wait(10)

    def interrupt() -> None:
        timeout.raise_in(starting.ident or 0, KeyboardInterrupt)
        raised.set()

    starting = threading.Thread(target=start_another)
    interrupting = threading.Thread(target=interrupt)
    starting.start()
    assert begins.wait(10)
    interrupting.start()
    interrupting.join(0.2)
    assert not raised.is_set()
    goes_on.set()
    interrupting.join(10)
    starting.join(10)
    assert raised.is_set()
    assert not starting.is_alive()
