"""What an attempt has finished, the next one takes over; and nothing that may have changed."""

import datetime
import errno
import logging
import os
import threading
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import fsspec
import pytest
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.memory import MemoryFileSystem

from flowlib import Flow, Parameter, context, flatten, task, unmapped
from flowlib.core.flow import Flow as FlowType
from flowlib.engine import signals
from flowlib.engine.flow_run import Options, run_flow
from flowlib.engine.progress import Observer
from flowlib.engine.resume import ledger
from flowlib.engine.state import Skipped, State
from flowlib.executors import LocalExecutor
from flowlib.tasks.secrets import EnvVarSecret


class Attempts:
    """Runs flows that keep their results in one place; what bodies were called with is told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = folder.as_uri()
        self.calls: list[Any] = []
        self.resumed = 0

    def run(self, flow: FlowType, *, keep: bool = True, **parameters: Any) -> State:
        self.calls.clear()
        observer = Observer()
        options = Options(results=self.url, keep_results=keep)
        try:
            return run_flow(flow, parameters, LocalExecutor(), observer, options)
        finally:
            self.resumed = observer.snapshot.resumed

    def files(self) -> list[Path]:
        return sorted(self.folder.glob("*.chunk"))


@pytest.fixture
def attempts(tmp_path: Path) -> Attempts:
    return Attempts(tmp_path / "results")


@pytest.fixture
def child_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Claims of one row: it is known exactly what was kept when an attempt was killed."""
    monkeypatch.setattr(ledger, "BOX", 0.0)


class Trouble:
    """What befalls bodies that are given one of these values."""

    def __init__(self) -> None:
        self.of: dict[Any, BaseException] = {}

    def befall(self, value: Any) -> None:
        if value in self.of:
            raise self.of[value]


@pytest.fixture
def trouble() -> Trouble:
    return Trouble()


def sums(attempts: Attempts, trouble: Trouble, width: int = 6) -> tuple[FlowType, Any]:
    """numbers -> inc -> double -> total"""
    calls = attempts.calls

    @task
    def numbers(n: int) -> list[int]:
        calls.append("numbers")
        return list(range(n))

    @task
    def inc(x: int) -> int:
        calls.append(("inc", x))
        trouble.befall(x)
        return x + 1

    @task
    def double(x: int) -> int:
        calls.append(("double", x))
        return 2 * x

    @task
    def total(values: list[int]) -> int:
        calls.append("total")
        return sum(values)

    with Flow("sums") as flow:
        end = total(double.map(inc.map(numbers(width))))
    return flow, end


# Taking over


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


# What has changed


PROGRAM = """
from flowlib import Flow, Parameter, Task, task

calls = []
OFFSET = 1
TABLE = {"by": 2}

def helper(x):
    return x * TABLE["by"]

@task
def numbers(n):
    calls.append("numbers")
    return list(range(n))

@task
def inc(x):
    calls.append("inc")
    return helper(x) + OFFSET

class Less(Task):
    def __init__(self, by, **kwargs):
        self.by = by
        super().__init__(**kwargs)

    def run(self, x):
        calls.append("less")
        return x - self.by

@task
def total(values):
    calls.append("total")
    return sum(values)

@task
def other():
    calls.append("other")

with Flow("f") as flow:
    n = Parameter("n", default=3)
    end = total(Less(by=1).map(inc.map(numbers(n))))
    other()
"""


def loaded(text: str) -> types.ModuleType:
    module = types.ModuleType("program")
    exec(text, vars(module))
    return module


CHANGES = {
    "nothing": (PROGRAM, []),
    "a comment, and where the code stands": (
        PROGRAM.replace("def helper(x):", "# times\n\n\ndef helper(x):"),
        [],
    ),
    "how often it may be tried": (
        PROGRAM.replace(
            "@task\ndef inc",
            "import datetime\n@task(max_retries=3, retry_delay=datetime.timedelta(1))\ndef inc",
        ),
        [],
    ),
    "a body": (PROGRAM.replace("return sum(values)", "return sum(values) + 1"), ["total"]),
    "a body to the same effect": (
        PROGRAM.replace("return helper(x)", "return 0 + helper(x)"),
        [*["inc"] * 3, *["less"] * 3, "total"],
    ),
    "a function that a body calls": (
        PROGRAM.replace("return x * ", "return 2 * x * "),
        [*["inc"] * 3, *["less"] * 3, "total"],
    ),
    "a constant of the module": (
        PROGRAM.replace("OFFSET = 1", "OFFSET = 2"),
        [*["inc"] * 3, *["less"] * 3, "total"],
    ),
    "a table that a function looks at": (
        PROGRAM.replace('"by": 2', '"by": 3'),
        [*["inc"] * 3, *["less"] * 3, "total"],
    ),
    "what a task holds": (
        PROGRAM.replace("Less(by=1)", "Less(by=2)"),
        [*["less"] * 3, "total"],
    ),
    "a method": (
        PROGRAM.replace("return x - self.by", "return x - self.by - 1"),
        [*["less"] * 3, "total"],
    ),
    "a trigger": (
        PROGRAM.replace(
            "@task\ndef total",
            "from flowlib import triggers\n@task(trigger=triggers.all_finished)\ndef total",
        ),
        ["total"],
    ),
    "an argument": (
        PROGRAM.replace("(numbers(n))", "(numbers(4))"),
        ["numbers", *["inc"] * 4, *["less"] * 4, "total"],
    ),
    "the order in the flow": (
        PROGRAM.replace("    other()", "").replace(
            "    end = total", "    other()\n    end = total"
        ),
        [],
    ),
    "a task more": (PROGRAM + "    total([1, 2])\n", ["total"]),
}


@pytest.mark.parametrize(("text", "called"), CHANGES.values(), ids=CHANGES.keys())
def test_changed_code_is_run_again_and_what_depends_on_it(
    attempts: Attempts, text: str, called: list[str]
) -> None:
    first = loaded(PROGRAM)
    attempts.run(first.flow)
    assert len(first.calls) == 1 + 3 + 3 + 1 + 1
    second = loaded(text)

    final = attempts.run(second.flow)

    assert sorted(second.calls) == sorted(called)
    fresh = loaded(text)
    expected = fresh.flow.run()
    assert final.result[second.end].result == expected.result[fresh.end].result


def test_a_changed_parameter_invalidates_what_depends_on_it(attempts: Attempts) -> None:
    program = loaded(PROGRAM)
    attempts.run(program.flow, n=2)
    program.calls.clear()

    assert attempts.run(program.flow, n=3).result[program.end].result == 6

    # What numbers came to is compared as a whole.
    assert sorted(program.calls) == sorted(["numbers", *["inc"] * 3, *["less"] * 3, "total"])


def test_of_a_changed_list_only_the_children_of_changed_items_run(attempts: Attempts) -> None:
    calls = attempts.calls

    @task
    def inc(x: int) -> int:
        calls.append(x)
        return x + 1

    @task
    def total(values: list[int]) -> int:
        calls.append("total")
        return sum(values)

    with Flow("f") as flow:
        end = total(inc.map(Parameter("xs")))
    attempts.run(flow, xs=[1, 2, 3])

    assert attempts.run(flow, xs=[1, 5, 3, 4]).result[end].result == 2 + 6 + 4 + 5

    assert attempts.calls == [5, 4, "total"]


def test_an_input_that_comes_out_otherwise_invalidates_what_was_made_of_it(
    attempts: Attempts,
) -> None:
    calls, listing = attempts.calls, Path(attempts.folder.parent, "listing")

    @task
    def names() -> list[str]:
        calls.append("names")
        return listing.read_text().split()

    @task
    def length(name: str) -> int:
        calls.append(name)
        return len(name)

    with Flow("f") as flow:
        found = length.map(names())
    listing.write_text("a bb")
    attempts.run(flow)
    attempts.files()[0].unlink()  # that of names
    listing.write_text("ccc bb")

    assert attempts.run(flow).result[found].result == [3, 2]

    assert attempts.calls == ["names", "ccc", "bb"]


def test_an_input_that_comes_out_the_same_invalidates_nothing(
    attempts: Attempts, trouble: Trouble
) -> None:
    flow, _ = sums(attempts, trouble)
    attempts.run(flow)
    attempts.files()[0].unlink()  # that of numbers

    assert attempts.run(flow).is_successful()

    assert attempts.calls == ["numbers"]


# What is broken


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


# What is not kept


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


# The place


def test_the_files_are_removed_when_the_flow_has_succeeded(
    attempts: Attempts, trouble: Trouble
) -> None:
    flow, _ = sums(attempts, trouble)
    trouble.of = {2: ValueError("no")}
    attempts.run(flow, keep=False)
    assert attempts.files() != []
    trouble.of = {}

    attempts.run(flow, keep=False)

    assert not attempts.folder.exists()


def test_other_files_of_the_folder_stay(attempts: Attempts, trouble: Trouble) -> None:
    attempts.folder.mkdir()
    other = attempts.folder / "results.csv"
    other.write_text("1,2")
    flow, _ = sums(attempts, trouble)

    attempts.run(flow, keep=False)

    assert list(attempts.folder.iterdir()) == [other]


def test_flow_run_takes_the_place_and_whether_it_is_kept(tmp_path: Path) -> None:
    @task
    def one() -> int:
        return 1

    with Flow("f") as flow:
        one()

    flow.run(results=f"file://{tmp_path}/a", keep_results=True)
    flow.run(results=f"file://{tmp_path}/b")

    assert len(list(Path(tmp_path, "a").iterdir())) == 1
    assert not Path(tmp_path, "b").exists()


def test_any_file_system_of_fsspec_will_do(attempts: Attempts, trouble: Trouble) -> None:
    attempts.url = "memory://some/folder"
    flow, end = sums(attempts, trouble)
    trouble.of = {2: ValueError("no")}
    attempts.run(flow)
    trouble.of = {}

    assert attempts.run(flow, keep=False).result[end].result == 42
    assert attempts.calls == [("inc", 2), ("double", 3), "total"]
    assert attempts.run(flow, keep=False).is_successful()
    assert attempts.resumed == 0


class Remembering(MemoryFileSystem):
    """As s3fs: what was listed once is not asked again, and others write meanwhile."""

    protocol = "remembering"
    store: ClassVar[dict[str, Any]] = {}
    pseudo_dirs: ClassVar[list[str]] = [""]
    listed: ClassVar[dict[str, Any]] = {}

    def ls(self, path: str, detail: bool = True, **kwargs: Any) -> Any:
        if path not in self.listed:
            self.listed[path] = super().ls(path, detail=detail, **kwargs)
        return self.listed[path]

    def invalidate_cache(self, path: str | None = None) -> None:
        self.listed.clear()


def test_files_that_others_have_written_since_are_seen_and_removed(
    attempts: Attempts, trouble: Trouble
) -> None:
    fsspec.register_implementation("remembering", Remembering, clobber=True)
    attempts.url = "remembering://folder"
    flow, _ = sums(attempts, trouble)

    trouble.of = {2: ValueError("no")}

    attempts.run(flow)
    assert Remembering.store != {}
    trouble.of = {}
    attempts.run(flow, keep=False)

    assert attempts.calls == [("inc", 2), ("double", 3), "total"]
    assert Remembering.store == {}


BAD_PLACES = {
    "nowhere://x/y": "Results cannot be kept at nowhere://x/y: ",
    "gs://bucket/prefix": "Install it wherever tasks run.",
    "file:///dev/null": "Results cannot be kept at file:///dev/null: ",
    "file:///proc/self/nothing": "Results cannot be kept at file:///proc/self/nothing: ",
}


@pytest.mark.parametrize(("url", "said"), BAD_PLACES.items(), ids=BAD_PLACES.keys())
def test_a_place_that_cannot_be_used_is_said_before_anything_runs(
    attempts: Attempts, trouble: Trouble, url: str, said: str
) -> None:
    attempts.url = url
    flow, _ = sums(attempts, trouble)

    final = attempts.run(flow)

    assert final.is_failed()
    assert said in str(final.message)
    assert attempts.calls == []


def test_a_place_that_cannot_be_written_costs_what_is_kept_and_no_more(
    attempts: Attempts,
    trouble: Trouble,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    flow, end = sums(attempts, trouble)
    write = LocalFileSystem.pipe_file

    def full(files: LocalFileSystem, path: str, data: bytes) -> None:
        if data != b"flowrun":
            raise OSError(errno.ENOSPC, "No space left on device")
        write(files, path, data)

    monkeypatch.setattr(LocalFileSystem, "pipe_file", full)

    with caplog.at_level(logging.WARNING, logger="flowlib"):
        assert attempts.run(flow).result[end].result == 42

    assert "No space left on device" in caplog.text
    assert caplog.text.count("Task 'double': its results are not kept; the log of where") == 1
