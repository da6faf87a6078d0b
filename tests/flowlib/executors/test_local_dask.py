"""LocalDaskExecutor: threads, processes, and neither."""

import os
import signal
import subprocess
import sys
import threading
import time
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

import cloudpickle
import pytest

from flowlib import Flow, Parameter, context, task
from flowlib.engine import signals
from flowlib.engine.state import Failed, Mapped, Skipped, Success, TimedOut
from flowlib.executors import LocalDaskExecutor, pool_session
from flowlib.executors.protocol import WorkersLost

SPELLINGS = {
    "threads": "threads",
    "threading": "threads",
    "Threads": "threads",
    "processes": "processes",
    "multiprocessing": "processes",
    "sync": "synchronous",
    "synchronous": "synchronous",
    "single-threaded": "synchronous",
}


@pytest.fixture(params=["threads", "processes", "synchronous"])
def executor(request: pytest.FixtureRequest) -> LocalDaskExecutor:
    return LocalDaskExecutor(request.param, num_workers=2)


def final(flow: Flow, executor: LocalDaskExecutor, **options: Any) -> Any:
    state = flow.run(executor=executor, **options)
    assert state is not None
    return state


@pytest.mark.parametrize(("given", "kept"), SPELLINGS.items())
def test_spellings(given: str, kept: str) -> None:
    assert LocalDaskExecutor(given).scheduler == kept


def test_arguments() -> None:
    assert LocalDaskExecutor().scheduler == "threads"
    assert LocalDaskExecutor().num_workers == os.cpu_count()
    executor = LocalDaskExecutor("processes", num_workers=3)
    assert (executor.num_workers, executor.dask_config) == (3, {"num_workers": 3})
    with pytest.raises(ValueError, match="threads, processes or synchronous"):
        LocalDaskExecutor("distributed")


UNGUARDED = """
from flowlib import Flow, task
from flowlib.executors import LocalDaskExecutor

print("once")

@task
def inc(x):
    return x + 1

with Flow("f") as flow:
    result = inc.map([1, 2])

print(flow.run(executor=LocalDaskExecutor("processes", num_workers=2)).result[result].result)
"""


def test_a_program_need_not_be_guarded(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(UNGUARDED)

    ran = subprocess.run([sys.executable, program], capture_output=True, text=True, check=True)

    lines = [line for line in ran.stdout.splitlines() if not line.startswith("[20")]
    assert lines == ["once", "[2, 3]"]


def test_a_flow_of_every_kind(executor: LocalDaskExecutor) -> None:
    @task
    def number(n: int) -> list[int]:
        return list(range(n))

    @task
    def work(x: int) -> Any:
        if x == 1:
            raise ValueError("one")
        if x == 2:
            raise signals.SKIP("two")
        return x, context.map_index, context.flow_name, context.parameters["n"]

    @task
    def after(x: Any) -> Any:
        return x[0]

    @task(trigger=lambda states: True, skip_on_upstream_skip=False)
    def total(results: list[Any]) -> int:
        return len(results)

    with Flow("f") as flow:
        worked = work.map(number(Parameter("n")))
        afterwards = after.map(worked)
        counted = total(afterwards)
    for _ in range(2):
        result = final(flow, executor, n=200).result
        states = result[worked].map_states
        assert type(result[worked]) is Mapped
        assert [type(state) for state in states[:4]] == [Success, Failed, Skipped, Success]
        assert states[150].result == (150, 150, "f", 200)
        assert repr(states[1].result) == "ValueError('one')"
        assert result[afterwards].map_states[150].result == 150
        assert result[counted].result == 200


def test_retries_and_time_outs(executor: LocalDaskExecutor, tmp_path: Path) -> None:
    @task(timeout=1, max_retries=1, retry_delay=0)
    def flaky(x: int) -> int:
        if x == 1:
            time.sleep(3)
        mark = tmp_path / str(x)
        if not mark.exists():
            mark.touch()
            raise ValueError("at first")
        return int(context.task_run_count)

    with Flow("f") as flow:
        ran = flaky.map([0, 1, 2])
    states = final(flow, executor).result[ran].map_states
    assert [type(state) for state in states] == [Success, TimedOut, Success]
    assert [state.result for state in states if state.is_successful()] == [2, 2]


def test_threads_run_together() -> None:
    both = threading.Barrier(2)

    @task
    def meet(x: int) -> int:
        both.wait(timeout=20)
        return x

    with Flow("f") as flow:
        met = meet.map([0, 1])
    executor = LocalDaskExecutor(num_workers=2)
    assert final(flow, executor).result[met].result == [0, 1]


def test_processes_are_others() -> None:
    @task
    def which(x: int) -> int:
        time.sleep(0.3)
        return os.getpid()

    with Flow("f") as flow:
        ids = which.map(range(4))
    executor = LocalDaskExecutor("processes", num_workers=2)
    found = set(final(flow, executor).result[ids].result)
    assert len(found) == 2
    assert os.getpid() not in found


def test_two_flows_that_start_processes_at_once_leave_the_main_program_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    main = sys.modules["__main__"]
    monkeypatch.setattr(main, "__file__", "program.py", raising=False)
    seen: list[str | None] = []
    both = threading.Event()

    def start(_process: Any) -> None:
        """Where they may meet, the second begins before the first has ended, and ends after it."""
        seen.append(main.__file__)
        if len(seen) == 1:
            both.wait(0.2)
        else:
            both.set()
            threads[0].join(0.2)

    monkeypatch.setattr(SpawnProcess, "_Popen", start)
    threads = [threading.Thread(target=pool_session._Process._Popen, args=[None]) for _ in "ab"]
    threads[0].start()
    while not seen:
        time.sleep(0.001)
    threads[1].start()
    for each in threads:
        each.join()
    assert (seen, main.__file__) == ([None, None], "program.py")


def test_what_cannot_travel_between_processes() -> None:
    class Odd(Exception):
        def __init__(self, lock: Any) -> None:
            super().__init__(lock)

    @task
    def lock(x: int) -> Any:
        if x == 1:
            return threading.Lock()
        if x == 2:
            raise Odd(threading.Lock())
        return x

    with Flow("f") as flow:
        made = lock.map([0, 1, 2])
    executor = LocalDaskExecutor("processes", num_workers=1)
    states = final(flow, executor).result[made].map_states
    assert [type(state) for state in states] == [Success, Failed, Failed]
    assert "The result of the task cannot be pickled" in str(states[1].message)
    assert isinstance(states[1].result, TypeError)
    assert "Odd" in states[2].result


def test_a_process_that_ends_ends_the_run() -> None:
    @task
    def die() -> None:
        os._exit(3)

    with Flow("f") as flow:
        die()
    state = final(flow, LocalDaskExecutor("processes", num_workers=1))
    assert state.is_failed()
    assert isinstance(state.result, WorkersLost)


def test_sys_exit_in_a_thread_leaves_the_run() -> None:
    began: list[int] = []

    @task
    def leave(x: int) -> None:
        began.append(x)
        if x == 0:
            raise SystemExit(4)
        time.sleep(0.05)

    with Flow("f") as flow:
        leave.map(range(100))
    with pytest.raises(SystemExit, match="4"):
        flow.run(executor=LocalDaskExecutor(num_workers=1))
    assert len(began) < 100


def test_a_long_child_does_not_hold_up_those_behind_it() -> None:
    """The first claim holds more than one child; the long one hands back the rest."""
    long_done = threading.Event()

    @task
    def wait(x: int) -> Any:
        if x == 0:
            # Ends only if somebody else runs all the others meanwhile.
            return long_done.wait(timeout=20)
        if x == 39:
            long_done.set()
        return x

    with Flow("f") as flow:
        waited = wait.map(range(40))
    executor = LocalDaskExecutor(num_workers=2)
    assert final(flow, executor).result[waited].result[0] is True


def test_functions_can_be_submitted(executor: LocalDaskExecutor) -> None:
    with executor.start():
        one = executor.submit(lambda: 1)
        two = executor.submit(lambda x, y: x + y, one, y=1)
        assert executor.wait([one, {"two": two}, (3,), "text"]) == [1, {"two": 2}, (3,), "text"]
        copy = cloudpickle.loads(cloudpickle.dumps(executor))
        assert copy.scheduler == executor.scheduler
    assert executor.wait(5) == 5


@pytest.mark.usefixtures("heeds_ctrl_c")
@pytest.mark.parametrize("scheduler", ["threads", "processes"])
def test_an_interrupt_ends_what_runs(scheduler: str, tmp_path: Path) -> None:
    @task
    def long(x: int) -> None:
        (tmp_path / f"begun-{x}").touch()
        for _ in range(1000):
            time.sleep(0.05)
        (tmp_path / f"ended-{x}").touch()

    def interrupt() -> None:
        while not list(tmp_path.glob("begun-*")):
            time.sleep(0.02)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    with Flow("f") as flow:
        long.map(range(10))
    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        flow.run(executor=LocalDaskExecutor(scheduler, num_workers=2))
    thread.join()
    assert list(tmp_path.glob("ended-*")) == []
    assert len(list(tmp_path.glob("begun-*"))) <= 2
