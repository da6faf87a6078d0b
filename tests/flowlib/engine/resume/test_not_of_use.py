"""What is broken, or was not kept, is run again."""

import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flowlib import Flow, task, unmapped
from flowlib.tasks.secrets import EnvVarSecret
from tests.flowlib.engine.resume.attempts import Attempts, Trouble, sums


def _flip(at: float) -> Callable[[Path], None]:
    def flip(file: Path) -> None:
        data = bytearray(file.read_bytes())
        data[int(at * (len(data) - 1))] ^= 0xFF
        file.write_bytes(data)

    return flip


def _cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size - 1)


BREAKING: dict[str, Callable[[Path], None]] = {
    "gone": Path.unlink,
    "empty": lambda file: file.write_bytes(b"") and None,
    "cut off": _cut,
    "its first byte": _flip(0),
    "its head": _flip(0.2),
    "its last byte": _flip(1),
    "somebody else's file": lambda file: file.write_bytes(b"x" * 5000) and None,
}


@pytest.mark.usefixtures("child_a_file")
@pytest.mark.parametrize("break_it", BREAKING.values(), ids=BREAKING.keys())
def test_what_is_broken_is_made_again_and_nothing_else(
    attempts: Attempts, trouble: Trouble, break_it: Callable[[Path], None]
) -> None:
    flow, end = sums(attempts, trouble)
    attempts.run(flow)
    # One row a claim, in order: numbers, six of inc, six of double, total.
    break_it(attempts.files()[3])

    final = attempts.run(flow)

    assert final.result[end].result == 42
    assert attempts.calls == [("inc", 2)]
    assert attempts.resumed == 13
    assert attempts.run(flow).is_successful()
    assert attempts.calls == []


def test_a_broken_file_costs_its_own_rows(attempts: Attempts, trouble: Trouble) -> None:
    flow, end = sums(attempts, trouble, width=1_000)
    attempts.run(flow)
    for file in attempts.files():
        _cut(file)

    assert attempts.run(flow).result[end].result == 1_001_000

    assert len(attempts.calls) == 2_002


def test_results_that_cannot_be_kept_are_made_again_and_what_follows_is_kept(
    attempts: Attempts, trouble: Trouble
) -> None:
    calls = attempts.calls

    @task
    def lock() -> Any:
        calls.append("lock")
        return threading.Lock()

    @task(checkpoint=False)
    def connection(url: str) -> str:
        calls.append("connection")
        return url.upper()

    @task
    def load(x: int, lock: Any, connection: str) -> int:
        calls.append(x)
        trouble.befall(x)
        return x + len(connection)

    with Flow("f") as flow:
        loaded = load.map([1, 2, 3], unmapped(lock()), unmapped(connection("abc")))
    trouble.of = {2: ValueError("no")}
    attempts.run(flow)
    trouble.of = {}

    assert attempts.run(flow).result[loaded].result == [4, 5, 6]

    assert sorted(map(str, attempts.calls)) == ["2", "connection", "lock"]


def test_a_secret_is_in_no_file(attempts: Attempts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWORD", "not-for-the-disk")
    calls = attempts.calls

    @task
    def login(password: str) -> int:
        calls.append("login")
        return len(password)

    with Flow("f") as flow:
        login(EnvVarSecret("PASSWORD"))
    attempts.run(flow)

    assert all(b"not-for-the-disk" not in file.read_bytes() for file in attempts.files())
    assert attempts.run(flow).is_successful()
    assert attempts.calls == []


def test_a_task_that_cannot_be_compared_is_run_again_and_said(
    attempts: Attempts, caplog: pytest.LogCaptureFixture
) -> None:
    calls = attempts.calls
    lock = threading.Lock()

    @task
    def locked(x: int) -> int:
        with lock:
            calls.append(x)
            return x

    with Flow("f") as flow:
        locked.map([1, 2])
    attempts.run(flow)

    with caplog.at_level(logging.WARNING, logger="flowlib"):
        attempts.run(flow)

    assert attempts.calls == [1, 2]
    assert "Task 'locked': its results and those that follow are not kept" in caplog.text


def test_a_task_whose_input_cannot_be_compared_is_run_again_and_said(
    attempts: Attempts, caplog: pytest.LogCaptureFixture
) -> None:
    @task
    def use(lock: Any) -> str:
        attempts.calls.append("use")
        return type(lock).__name__

    with Flow("f") as flow:
        use.map([threading.Lock(), threading.Lock()])

    with caplog.at_level(logging.WARNING, logger="flowlib"):
        attempts.run(flow)
        attempts.run(flow)

    assert attempts.calls == ["use", "use"]
    said = "Task 'use': its results are not kept; what it is given cannot be compared: TypeError"
    assert caplog.text.count(said) == 2  # once an attempt
