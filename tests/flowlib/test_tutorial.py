"""docs/tutorial.md: every program of it is run, on clusters started as it says."""

import contextlib
import datetime
import itertools
import json
import os
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import flowlib

pytestmark = [pytest.mark.dask, pytest.mark.timeout(180)]

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "tutorial.md").read_text()
#: Each program stands below a line that names it.
PROGRAMS = dict(re.findall(r"`(\w+\.py)`[^\n]*\n```python\n(.*?)```", PAGE, re.DOTALL))
COMMANDS = [
    line.removeprefix("$ ")
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("$ ")
]
DASK = Path(sys.executable).with_name("dask")

Run = Callable[..., list[str]]


def commands(word: str, without: str = "\0") -> list[str]:
    """The page's command lines with this word."""
    return [line for line in COMMANDS if word in line and without not in line]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in PROGRAMS.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@contextlib.contextmanager
def cluster(scheduler: str, workers: list[str], folder: Path) -> Iterator[str]:
    """The processes of these lines, on a port of the system's choice; yields the address."""
    said = folder / "scheduler.json"
    line = scheduler.replace("--port 8786", "--port 0")
    more = ["--scheduler-file", str(said), "--no-dashboard"]
    with contextlib.ExitStack() as stack:
        start(stack, [*shlex.split(line), *more], folder)
        while not (said.exists() and said.read_text().endswith("}")):
            time.sleep(0.05)
        address: str = json.loads(said.read_text())["address"]
        for worker in workers:
            arguments = re.sub(r"\w+://127\.0\.0\.1:8786", address, worker)
            start(stack, [*shlex.split(arguments), "--no-dashboard"], folder)
        yield address


def start(stack: contextlib.ExitStack, arguments: list[str], folder: Path) -> None:
    assert arguments[0] == "dask"
    log = stack.enter_context((folder / "dask.log").open("a"))
    process = subprocess.Popen(
        [DASK, *arguments[1:]], cwd=folder, stdout=log, stderr=log, env=environment()
    )

    def end() -> None:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    stack.callback(end)


def environment(**more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("FLOWLIB__", "PREFECT__"))}
    return {**kept, "PYTHONPATH": str(Path(flowlib.__file__).parents[1]), **more}


def run(name: str, folder: Path, address: str = "", **more: str) -> list[str]:
    """The lines that a program prints."""
    file = folder / name
    if address:
        file.write_text(re.sub(r"\w+://127\.0\.0\.1:8786", address, file.read_text()))
    answer = subprocess.run(
        [sys.executable, name],
        cwd=folder,
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout.splitlines()


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The cluster of the first section."""
    scheduler = commands("dask scheduler")[0]
    workers = commands("dask worker tcp")
    assert len(workers) == 2
    with cluster(scheduler, workers, tmp_path_factory.mktemp("by hand")) as address:
        yield address


def test_every_program_is_run_by_a_test() -> None:
    source = Path(__file__).read_text()
    assert len(PROGRAMS) == PAGE.count("```python")
    assert [name for name in PROGRAMS if f'run("{name}"' not in source] == []


def test_a_cluster_by_hand(by_hand: str, folder: Path) -> None:
    lines = run("diamond.py", folder, by_hand)
    assert f"Connecting to an existing Dask cluster at {by_hand}" in "\n".join(lines)
    # The page shows the end of what is printed.
    assert PAGE.split("$ python diamond.py\n...\n")[1].startswith("\n".join(lines[-2:]))


@pytest.mark.parametrize("prefix", ["FLOWLIB", "PREFECT"])
def test_which_executor(by_hand: str, folder: Path, prefix: str) -> None:
    exports = [line.removeprefix("export ").split("=") for line in commands("export")]
    settings = {
        name.replace("FLOWLIB__", f"{prefix}__"): value.replace("tcp://127.0.0.1:8786", by_hand)
        for name, value in exports
    }
    assert len(settings) == 2
    lines = run("settings.py", folder, **settings)
    assert lines[-1].startswith("ran on tcp://127.0.0.1:")
    assert any("Prefect's names are honoured" in line for line in lines) is (prefix == "PREFECT")


def test_encrypted(folder: Path) -> None:
    (certificate,) = commands("openssl")
    subprocess.run(shlex.split(certificate), cwd=folder, check=True, capture_output=True)
    (scheduler,) = commands("dask scheduler --host tls")
    with cluster(scheduler, commands("dask worker tls"), folder) as address:
        assert address.startswith("tls://")
        assert run("tls.py", folder, address)[-1] == "[2, 4, 6]"
        assert run("tls.py", folder, address).count("[2, 4, 6]") == 2


def test_on_a_schedule(by_hand: str, folder: Path) -> None:
    settings = {
        "FLOWLIB__ENGINE__EXECUTOR__DEFAULT_CLASS": "flowlib.executors.DaskExecutor",
        "FLOWLIB__ENGINE__EXECUTOR__DASK__ADDRESS": by_hand,
        "FLOWLIB__LOGGING__FORMAT": "%(created)f %(message)s",
    }
    lines = run("scheduled.py", folder, **settings)

    def times(words: str) -> list[str]:
        return [line for line in lines if words in line]

    due = [
        datetime.datetime.fromisoformat(line.split(" scheduled run at ")[1]).timestamp()
        for line in times("Waiting for next scheduled run at")
    ]
    began = [float(line.split()[0]) for line in times("Beginning Flow run for 'scheduled'")]
    assert [round(b - a) for a, b in itertools.pairwise(due)] == [5, 5]
    assert len(began) == 3
    assert all(begun >= its_due for its_due, begun in zip(due, began, strict=True))
    assert len(times("Flow run SUCCESS")) == 3


def test_parameters(folder: Path) -> None:
    lines = run("parameters.py", folder)
    printed = [line for line in lines if line.startswith("{")]
    assert printed == ["{} 12", "{'x': [10, 20]} 60", "{'x': []} 0"]


def refuses(address: str) -> bool:
    host, port = address.removeprefix("tcp://").split(":")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False


def asks_whether_gone(program: Path, places: str) -> None:
    """Has the program look, before it ends, whether the places that its task told are gone."""
    with program.open("a") as file:
        file.write(
            "    import socket\n"
            f"    for place in set(state.result[{places}].result):\n"
            "        host, port = place.removeprefix('tcp://').split(':')\n"
            "        try:\n"
            "            socket.create_connection((host, int(port)), timeout=5)\n"
            "        except ConnectionRefusedError:\n"
            "            print('gone')\n"
        )


def test_a_cluster_for_the_run(folder: Path) -> None:
    asks_whether_gone(folder / "made.py", "places")
    lines = run("made.py", folder)
    places = [line.removeprefix("ran on ") for line in lines if line.startswith("ran on tcp://")]
    assert len(set(places)) == 3
    assert lines.count("gone") == 1
    assert all(map(refuses, places))


def test_a_cluster_that_grows(folder: Path) -> None:
    asks_whether_gone(folder / "adaptive.py", "addresses")
    lines = run("adaptive.py", folder)
    (used,) = [line.removeprefix("workers used: ") for line in lines if "workers used" in line]
    assert int(used) in (2, 3)
    assert lines.count("gone") == int(used)
