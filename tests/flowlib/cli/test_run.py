"""`flowrun run`: what is refused before a worker starts, and whole runs in their own processes."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.flowlib.cli.goldens import ENDING

FLOWRUN = Path(sys.executable).with_name("flowrun")
EXAMPLES = Path(__file__).parents[3] / "crds" / "examples"
DIAMOND = """
import random
from time import sleep

from flowlib import Flow, task


@task
def inc(x):
    sleep(random.random() / 100)
    return x + 1


@task
def dec(x):
    sleep(random.random() / 100)
    return x - 1


@task
def add(x, y):
    sleep(random.random() / 100)
    return x + y


@task(name="sum")
def list_sum(arr):
    return sum(arr)


with Flow("dask-example") as flow:
    incs = inc.map(x=range(100))
    decs = dec.map(x=range(100))
    adds = add.map(x=incs, y=decs)
    total = list_sum(adds)
"""
HALF_FAILS = """
from flowlib import Flow, task

@task
def half(x):
    if x % 2:
        raise ValueError(f"odd: {x}")
    return x // 2

with Flow("halves") as flow:
    half.map([0, 1, 2])
"""
PARAMETER = """
from flowlib import Flow, Parameter, task

@task
def double(x):
    return 2 * x

with Flow("double") as flow:
    double(Parameter("x"))
"""
CYCLE = """
from flowlib import Flow, task

@task
def one():
    pass

@task
def other():
    pass

with Flow("round") as flow:
    a, b = one(), other()
    a.set_upstream(b)
    b.set_upstream(a)
"""
TWO = "from flowlib import Flow\none, other = Flow('one'), Flow('other')\n"
NAPS = """
from time import sleep
from flowlib import Flow, task

@task
def nap(before):
    print("napping", flush=True)
    sleep(600)

with Flow("naps") as flow:
    nap(nap(None))
"""
HEAD = """\
apiVersion: flowrun.dev/v1alpha1
kind: FlowRun
metadata: {name: x}
spec:
"""


@pytest.mark.parametrize(
    ("code", "arguments", "message"),
    [
        ("with Flow('x') as flow\n", [], "flow.py, line 1: expected ':'"),
        ("import nowhere\n", [], "ModuleNotFoundError: No module named 'nowhere'"),
        ("x = 1\n", [], "There is no Flow in 'flow.py'"),
        (TWO, [], "There are several Flows in 'flow.py': one, other"),
        (CYCLE, [], "InvalidFlow: flow.py cannot be run: the flow has a cycle"),
        (PARAMETER, [], "InvalidParameters: Flow 'double': parameter 'x' is required"),
        (PARAMETER, ["-p", "x=1", "-p", "y=2"], "there is no parameter 'y'"),
        (PARAMETER, ["-p", "x"], "write -p NAME=VALUE"),
    ],
)
def test_what_cannot_run_is_refused_before_a_worker_starts(cli, tmp_path, code, arguments, message):
    (tmp_path / "flow.py").write_text(code)
    result = cli("run", "flow.py", *arguments)
    assert (result.exit_code, message in result.output) == (2, True), result.output
    assert "flowlib/cli" not in result.output


def test_a_syntax_error_in_inline_code_names_the_file_as_the_manifest_does(cli, tmp_path):
    (tmp_path / "m.yaml").write_text(
        HEAD + "  flow:\n    entrypoint: f.py\n    source: {inline: {f.py: 'def f(:'}}\n"
    )
    result = cli("run", "m.yaml")
    assert result.exit_code == 2
    assert result.output.startswith("Error: InvalidFlow: f.py, line 1: ")
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("none.py", "There is no file"),
        ("none.yaml", "none.yaml: No such file or directory"),
        ("package.module:flow", "neither a FlowRun manifest (.yaml) nor a flow file (.py"),
    ],
)
def test_a_file_that_is_nothing_to_run_is_named(cli, file, message):
    result = cli("run", file)
    assert (result.exit_code, message in result.output) == (2, True)


def flowrun(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [FLOWRUN, "run", *arguments, "--no-dashboard"], capture_output=True, text=True, check=False
    )


@pytest.mark.dask
@pytest.mark.timeout(120)
def test_the_diamond_of_prefects_dask_page_runs_as_it_stands(tmp_path):
    (tmp_path / "diamond.py").write_text(DIAMOND)
    ran = flowrun(tmp_path / "diamond.py", "--workers", "2")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.endswith(f"{ENDING}\n")
    assert "Flow run SUCCESS: all reference tasks succeeded" in ran.stdout


@pytest.mark.dask
@pytest.mark.timeout(120)
def test_a_manifest_runs_with_the_same_result_as_in_the_cluster(tmp_path):
    manifest = tmp_path / "m.yaml"
    manifest.write_text((EXAMPLES / "diamond.yaml").read_text() + "  image: mine:1\n")
    ran = flowrun(manifest, "-p", "step=5")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.endswith(f"{ENDING}\n")
    assert ran.stderr.startswith("Not heeded here, only in the cluster: spec.image\n")


@pytest.mark.dask
@pytest.mark.timeout(120)
def test_a_task_that_raises_fails_the_run_with_3_and_its_name(tmp_path):
    (tmp_path / "halves.py").write_text(HALF_FAILS)
    ran = flowrun(f"{tmp_path / 'halves.py'}:flow", "--workers", "1")
    assert ran.returncode == 3, ran.stderr
    assert "Phase         Failed\nReason        TaskFailed\n" in ran.stdout
    assert "Tasks         2 of 3 succeeded, 1 failed\n" in ran.stdout
    assert "Failed task   half[1]: ValueError('odd: 1')\n" in ran.stdout
    assert "flowlib/cli" not in ran.stdout + ran.stderr


class Running:
    """`flowrun run` in a session of its own, from its first nap on."""

    def __init__(self, file: Path) -> None:
        self.process = subprocess.Popen(
            [FLOWRUN, "run", file, "--workers", "1"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            # A shell's background job ignores Ctrl-C, and so would everything that it starts.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        self.wait_for(self.process.stdout, "napping")

    def wait_for(self, stream, word):
        while word not in stream.readline():
            assert self.process.poll() is None

    def send(self, number):
        if number is signal.SIGINT:  # as a terminal does it
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)

    def end(self):
        """Exit code, stdout and stderr, when the last process that holds the pipes has ended."""
        try:
            out, err = self.process.communicate(timeout=60)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        assert "Traceback" not in err
        return self.process.returncode, out, err


SIGNALS = pytest.mark.parametrize(
    ("number", "code", "name"),
    [(signal.SIGTERM, 143, "SIGTERM"), (signal.SIGINT, 130, "Ctrl-C")],
    ids=["SIGTERM", "Ctrl-C"],
)


@pytest.mark.dask
@pytest.mark.timeout(120)
@SIGNALS
def test_a_signal_lets_the_running_task_end_and_begins_no_other(tmp_path, number, code, name):
    (tmp_path / "naps.py").write_text(NAPS.replace("600", "1"))
    running = Running(tmp_path / "naps.py")
    running.send(number)
    ended, out, err = running.end()
    assert ended == code
    assert f"{name}: running tasks have 30 s to end" in err
    assert "Phase     Stopped\n" in out
    assert f"Message   stopped by {name} while running: 1 of 2 tasks had ended\n" in out
    assert "Tasks     1 of 2 succeeded, 1 pending\n" in out


@pytest.mark.dask
@pytest.mark.timeout(120)
@SIGNALS
def test_a_second_signal_ends_the_run_and_every_process_of_it(tmp_path, number, code, name):
    (tmp_path / "naps.py").write_text(NAPS)
    running = Running(tmp_path / "naps.py")
    running.send(number)
    running.wait_for(running.process.stderr, f"{name}: running tasks have 30 s to end")
    running.send(number)
    ended, _, err = running.end()
    assert (ended, "Stopped" in err) == (code, True)
