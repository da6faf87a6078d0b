"""``python -m flowlib.runner`` as its pod starts it, on real Dask processes."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.dask, pytest.mark.timeout(120)]

DIAMOND = Path(__file__).parents[1] / "programs" / "diamond.py"
FLOWS = """
import sys, time
from pathlib import Path
FOLDER = Path(__file__).parent
from flowlib import Flow, Parameter, task

@task
def inc(x): return x + 1

@task
def fails(x): raise ValueError("no")

@task
def sleeps(): time.sleep(60)

@task
def kills(x):
    if x == 1:
        import os
        os._exit(9)

@task
def naps(x):
    (FOLDER / f"begun-{x}").touch()
    time.sleep(0.5)
    (FOLDER / f"ended-{x}").touch()

with Flow("good", executor=object()) as good: inc(Parameter("x", default=1))
with Flow("bad") as bad:
    fails(1)
    inc(1)
with Flow("slow") as slow: sleeps()
with Flow("many") as many: naps.map(range(40))
with Flow("deadly") as deadly: kills.map(range(3))
with Flow("both") as both:
    kills.map(range(3))
    fails(1)
if __name__ != "__main__": good.run()
"""


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


class Pod:
    """The runner in a process, with the environment of docs/contract.md."""

    def __init__(
        self,
        folder: Path,
        address: str,
        entrypoint: str,
        parameters: str = "{}",
        grace_period: int = 30,
        **environment: str,
    ) -> None:
        self.log = folder / "termination-log"
        self.port = free_port()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "flowlib.runner"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={
                **os.environ,
                "FLOWRUN_NAME": "run",
                "FLOWRUN_NAMESPACE": "default",
                "FLOWRUN_ATTEMPT": "1",
                "FLOWRUN_ENTRYPOINT": entrypoint,
                "FLOWRUN_PARAMETERS": parameters,
                "FLOWRUN_SOURCE_DIR": str(folder),
                "FLOWRUN_SCHEDULER_ADDRESS": address,
                "FLOWRUN_DASHBOARD_URL": "http://scheduler:8787/status",
                "FLOWRUN_MIN_READY_WORKERS": "1",
                "FLOWRUN_PROGRESS_PORT": str(self.port),
                "FLOWRUN_TERMINATION_LOG": str(self.log),
                "FLOWRUN_GRACE_PERIOD_SECONDS": str(grace_period),
                **environment,
            },
        )

    def end(self) -> tuple[int, dict[str, Any] | None, str]:
        """Exit code, verdict, log."""
        said, _ = self.process.communicate(timeout=100)
        verdict = json.loads(self.log.read_text()) if self.log.exists() else None
        return self.process.returncode, verdict, said

    def progress(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/progress", timeout=5) as answer:
            assert answer.headers["Connection"] == "close"
            return json.load(answer)  # type: ignore[no-any-return]  # an object

    def wait_for(self, stage: str, also: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        while self.process.poll() is None:
            try:
                told = self.progress()
            except OSError:  # it does not listen yet
                told = {"stage": None}
            if told["stage"] == stage and also(told):
                return told
            time.sleep(0.05)
        raise AssertionError(self.end())


class Dask:
    """A scheduler and one worker, as processes."""

    def __init__(self, *, nanny: bool = False, worker: dict[str, str] | None = None) -> None:
        self.port = free_port()
        self.address = f"tcp://127.0.0.1:{self.port}"
        dask = [sys.executable, "-m", "dask"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.scheduler = subprocess.Popen(
            [*dask, "scheduler", "--port", str(self.port), "--no-dashboard"], **quiet
        )
        self.worker = subprocess.Popen(
            [
                *[*dask, "worker", self.address, "--nthreads", "1", "--no-dashboard"],
                "--nanny" if nanny else "--no-nanny",
            ],
            env={**os.environ, **(worker or {})},
            **quiet,
        )

    def stop(self) -> None:
        for process in (self.worker, self.scheduler):
            process.kill()
            process.wait()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "flows.py").write_text(FLOWS)
    (tmp_path / "diamond.py").write_text(DIAMOND.read_text())
    (tmp_path / "leaves.py").write_text("import sys; sys.exit(7)")
    (tmp_path / "long.py").write_text("import time; time.sleep(60)")
    return tmp_path


@pytest.fixture(scope="module")
def dask() -> Iterator[Dask]:
    started = Dask()
    yield started
    started.stop()


NOWHERE = "tcp://127.0.0.1:1"


@pytest.mark.parametrize(
    ("entrypoint", "parameters", "reason", "said"),
    [
        ("nowhere.py:flow", "{}", "InvalidFlow", "nowhere.py"),
        ("flows.py", "{}", "InvalidFlow", "bad, both, deadly, good, many, slow"),
        ("flows.py:good", '{"y": 1}', "InvalidParameters", "'y'"),
        ("flows.py:good", '{"x": "1"}', "InvalidParameters", "'x' must be integer"),
        ("flows.py:good", "[1]", "InvalidParameters", "not an object"),
    ],
)
def test_preflight_fails_without_waiting_for_any_scheduler(
    folder: Path, entrypoint: str, parameters: str, reason: str, said: str
) -> None:
    code, verdict, _ = Pod(folder, NOWHERE, entrypoint, parameters).end()

    assert (code, verdict["outcome"], verdict["reason"]) == (2, "Failed", reason)
    assert said in verdict["message"]
    assert "tasks" not in verdict
    assert "startedAt" not in verdict


def test_a_flow_file_that_exits_ends_with_its_own_code_and_no_verdict(folder: Path) -> None:
    code, verdict, _ = Pod(folder, NOWHERE, "leaves.py:flow").end()
    assert (code, verdict) == (7, None)


def test_sigterm_while_waiting_ends_it_with_a_verdict(folder: Path) -> None:
    pod = Pod(folder, NOWHERE, "flows.py:good")
    told = pod.wait_for("waiting", also=bool)
    pod.process.send_signal(signal.SIGTERM)
    code, verdict, _ = pod.end()

    assert told["tasks"]["total"] == 1
    assert (code, verdict["outcome"], "reason" in verdict) == (143, "Stopped", False)
    assert verdict["message"] == "stopped by SIGTERM while waiting: 0 of 1 tasks had ended"


def test_sigterm_while_the_flow_is_imported_ends_it_with_a_verdict(folder: Path) -> None:
    pod = Pod(folder, NOWHERE, "long.py")
    pod.wait_for("preflight", also=bool)
    pod.process.send_signal(signal.SIGTERM)
    code, verdict, _ = pod.end()

    assert (code, verdict["message"]) == (143, "stopped by SIGTERM while preflight")
    assert "tasks" not in verdict


def test_the_diamond_from_waiting_to_its_verdict(folder: Path, dask: Dask) -> None:
    pod = Pod(folder, dask.address, "diamond.py")
    told = pod.wait_for("running", also=lambda told: told["tasks"]["succeeded"] > 0)
    code, verdict, said = pod.end()

    assert told["workers"] == {"ready": 1}
    assert told["tasks"]["total"] == 301
    assert told["tasks"]["running"] == 1
    assert code == 0, said
    assert (verdict["outcome"], verdict["result"]) == ("Succeeded", 9900)
    assert verdict["tasks"]["succeeded"] == 301
    assert verdict["startedAt"] == told["startedAt"]
    assert 0 < told["usage"]["workerSeconds"] <= verdict["usage"]["workerSeconds"]
    assert verdict["usage"]["peakMemoryBytes"] > 10_000_000
    assert "The Dask dashboard is available at http://scheduler:8787/status" in said


def test_a_task_that_raises_fails_the_run_after_the_others_have_run(
    folder: Path, dask: Dask
) -> None:
    code, verdict, _ = Pod(folder, dask.address, "flows.py:bad").end()

    assert (code, verdict["reason"]) == (3, "TaskFailed")
    assert verdict["failedTasks"] == [{"name": "fails", "message": "ValueError('no')"}]
    assert (verdict["tasks"]["failed"], verdict["tasks"]["succeeded"]) == (1, 1)


def test_the_flows_executor_is_replaced_and_its_unguarded_run_ignored(
    folder: Path, dask: Dask
) -> None:
    code, verdict, said = Pod(folder, dask.address, "flows.py:good", '{"x": 4}').end()

    assert (code, verdict["result"]) == (0, 5), said
    assert "The flow's own executor <object object" in said
    assert "flow.run() of 'good' is ignored" in said


def test_sigterm_lets_the_tasks_that_have_begun_end_and_begins_no_other(
    folder: Path, dask: Dask
) -> None:
    pod = Pod(folder, dask.address, "flows.py:many")
    pod.wait_for("running", also=lambda told: told["tasks"]["succeeded"] > 1)
    pod.process.send_signal(signal.SIGTERM)
    code, verdict, _ = pod.end()
    begun, ended = (len(list(folder.glob(f"{word}-*"))) for word in ("begun", "ended"))

    assert (code, verdict["outcome"]) == (143, "Stopped")
    assert 1 < begun == ended == verdict["tasks"]["succeeded"] < 40
    assert verdict["message"] == f"stopped by SIGTERM while running: {ended} of 40 tasks had ended"
    assert (verdict["tasks"]["running"], verdict["tasks"]["pending"]) == (0, 40 - ended)
    assert verdict["usage"]["workerSeconds"] > 0


@pytest.mark.parametrize("grace_period", [1, 6])
def test_a_task_that_heeds_nothing_is_waited_for_within_the_grace_period_only(
    folder: Path, grace_period: int
) -> None:
    own = Dask()  # its worker stays busy
    try:
        pod = Pod(folder, own.address, "flows.py:slow", grace_period=grace_period)
        pod.wait_for("running", also=lambda told: told["tasks"]["running"] == 1)
        pod.process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        code, verdict, _ = pod.end()
        took = time.monotonic() - began
    finally:
        own.stop()

    assert (code, verdict["outcome"]) == (143, "Stopped")
    assert verdict["message"] == "stopped by SIGTERM while running: 0 of 1 tasks had ended"
    assert (verdict["tasks"]["running"], verdict["tasks"]["pending"]) == (0, 1)
    assert took < grace_period


def test_a_scheduler_that_dies_is_told_as_lost(folder: Path) -> None:
    dask = Dask()
    try:
        pod = Pod(folder, dask.address, "flows.py:slow")
        pod.wait_for("running", also=lambda told: told["tasks"]["running"] == 1)
        dask.scheduler.kill()
        code, verdict, _ = pod.end()
    finally:
        dask.stop()

    assert (code, verdict["reason"]) == (3, "SchedulerLost")
    assert dask.address in verdict["message"]


@pytest.mark.parametrize(
    ("entrypoint", "reason", "failed"), [("deadly", "WorkersLost", 1), ("both", "TaskFailed", 2)]
)
def test_a_task_that_kills_every_worker_is_told_apart_from_one_that_raises(
    folder: Path, entrypoint: str, reason: str, failed: int
) -> None:
    dask = Dask(nanny=True)
    try:
        code, verdict, _ = Pod(folder, dask.address, f"flows.py:{entrypoint}").end()
    finally:
        dask.stop()
    message = {task["name"]: task["message"] for task in verdict["failedTasks"]}

    assert (code, verdict["reason"]) == (3, reason)
    assert (verdict["tasks"]["failed"], verdict["tasks"]["pending"]) == (failed, 0)
    assert message["kills[1]"].startswith("Attempted to run task 'kills-1-")
    if reason == "WorkersLost":
        assert "the first was kills[1]: Attempted to run task 'kills-1-" in verdict["message"]


def test_a_worker_with_another_version_is_named_before_anything_runs(folder: Path) -> None:
    site = folder / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(
        "import distributed.versions as versions\n"
        "its = versions._version_cached\n"
        "versions._version_cached = lambda p: '1.0.0' if p == 'cloudpickle' else its(p)\n"
    )
    path = os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])
    dask = Dask(worker={"PYTHONPATH": path})
    try:
        code, verdict, _ = Pod(folder, dask.address, "flows.py:good").end()
    finally:
        dask.stop()

    assert (code, verdict["reason"]) == (3, "VersionMismatch")
    assert verdict["message"].startswith("Versions differ: cloudpickle is ")
    assert "(runner; scheduler), 1.0.0 (tcp://" in verdict["message"]
    assert "startedAt" not in verdict
    assert verdict["usage"]["workerSeconds"] >= 0
