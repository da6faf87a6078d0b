"""Which flow an entrypoint names, and what is said where it names none."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import cloudpickle
import pytest

from flowlib import context
from flowlib.runner.loading import InvalidFlow, load_flow

ONE = """
from flowlib import Flow, task
import beside
@task
def inc(x): return x + beside.STEP
with Flow("one") as flow:
    inc(1)
same = flow
"""
TWO = """
from flowlib import Flow
first, second = Flow("1"), Flow("2")
"""


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    files = {
        "one": ONE,
        "two": TWO,
        "none": "x = 5",
        "beside": "STEP = 1",
        "wrong": "from flowlib import Flow\n\ndef f(:\n    pass\n",
        "raises": "def deep():\n    raise KeyError('no such thing')\ndeep()\n",
        "unguarded": ONE + "\nflow.run()\nflow.register()\n",
        "leaves": "import sys\nsys.exit(5)\n",
    }
    for name, text in files.items():
        (tmp_path / f"{name}.py").write_text(text)
    yield tmp_path
    for name in [*files, *(f"flowrun_entrypoint_{name}" for name in files)]:
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    "entrypoint", ["one.py:flow", "one.py", "./one.py:same", "one:flow", "one"]
)
def test_a_flow_is_found(source: Path, entrypoint: str) -> None:
    assert load_flow(entrypoint, source).name == "one"


@pytest.mark.parametrize(
    ("entrypoint", "said"),
    [
        ("nowhere.py:flow", "There is no file .*nowhere.py. Python files in .*: beside.py, "),
        ("no.such.module:flow", "ModuleNotFoundError: No module named 'no'"),
        ("one.py:folw", "There is no 'folw' in 'one.py:folw'. Did you mean 'flow'"),
        ("one.py:inc", "'inc' in 'one.py:inc' is no Flow, but FunctionTask. Flows there: flow, "),
        ("two.py", "There are several Flows in 'two.py': first, second. Say which: two.py:NAME"),
        ("none.py", "There is no Flow in 'none.py'. Make one at module level"),
        ("raises.py", "cannot be imported:(.|\n)*line 2, in deep(.|\n)*KeyError: 'no such thing'"),
        (":flow", "names no module or file"),
    ],
)
def test_what_is_wrong_is_said_with_the_place_and_what_to_do(
    source: Path, entrypoint: str, said: str
) -> None:
    with pytest.raises(InvalidFlow, match=said):
        load_flow(entrypoint, source)


@pytest.mark.parametrize("entrypoint", ["wrong.py", "wrong"])
def test_a_syntax_error_has_file_and_line(source: Path, entrypoint: str) -> None:
    with pytest.raises(InvalidFlow) as caught:
        load_flow(entrypoint, source)

    assert (caught.value.file, caught.value.line) == (str(source / "wrong.py"), 3)
    assert caught.value.message == f"{source / 'wrong.py'}, line 3: invalid syntax: def f(:"


def test_an_unguarded_run_does_nothing_while_the_flow_is_loaded(source: Path) -> None:
    with (
        pytest.warns(UserWarning, match=r"flow.run\(\) of 'one' is ignored"),
        pytest.warns(UserWarning, match=r"flow.register\(\) of 'one' is ignored"),
    ):
        flow = load_flow("unguarded.py:flow", source)

    assert "loading_flow" not in context
    assert flow.run().is_successful()  # type: ignore[union-attr]  # nothing is being loaded


def test_a_flow_that_exits_takes_its_process_with_it(source: Path) -> None:
    with pytest.raises(SystemExit):
        load_flow("leaves.py", source)


def test_functions_of_a_file_travel_to_where_the_file_is_not(
    source: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    flow = load_flow("one.py:flow", source)
    (inc,) = flow.tasks
    away = tmp_path_factory.mktemp("away")
    (away / "task").write_bytes(cloudpickle.dumps(inc))
    (away / "beside.py").write_text("STEP = 10")
    program = "import cloudpickle as c; print(c.loads(open('task', 'rb').read()).run(1))"

    said = subprocess.run(
        [sys.executable, "-c", program],
        cwd=away,
        env={**os.environ, "PYTHONPATH": str(away)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert said == "11\n"


def test_a_module_of_the_same_name_is_not_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "json.py").write_text(textwrap.dedent(TWO))

    load_flow("json.py:first", tmp_path)

    import json

    assert json.loads("1") == 1
