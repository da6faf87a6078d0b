"""`flowrun submit` and `flowrun status` against the test cluster."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.kube import ROOT, cluster_environment, run_tool
from tests.e2e.runs import Run, manifest, phase, status
from tests.e2e.specs import SMALL_PODS
from tests.e2e.watch import Watch

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

FLOWRUN = str(Path(sys.executable).with_name("flowrun"))
DIAMOND = ROOT / "crds/examples/diamond.yaml"
SLEEPS = """
from time import sleep
from flowlib import Flow, task

@task
def nap():
    sleep(20)

with Flow("sleeps") as flow:
    nap()
"""
RAISES = """
from flowlib import Flow, task

@task
def fail():
    raise ValueError("no")

with Flow("raises") as flow:
    fail()
"""


def a_manifest(tmp_path: Path, code: str, **spec: object) -> str:
    path = tmp_path / "run.yaml"
    flow = {"entrypoint": "flow.py", "source": {"inline": {"flow.py": code}}}
    path.write_text(json.dumps(manifest("flow", {**SMALL_PODS, "flow": flow, **spec})))
    return str(path)


def flowrun(*arguments: str) -> subprocess.CompletedProcess[str]:
    return run_tool(FLOWRUN, *arguments, check=False, timeout=170)


def test_the_wait_ends_with_the_diamonds_result(namespace: str, flowruns: Watch) -> None:
    ran = flowrun("submit", str(DIAMOND), "-n", namespace, "--wait", "-p", "step=3")
    assert (ran.returncode, ran.stderr) == (0, "")
    lines = ran.stdout.splitlines()
    assert lines[0] == "flowrun.flowrun.dev/diamond created"
    assert lines[-3:] == ["Phase    Succeeded", "Tasks    301 of 301 succeeded", "Result   9900"]
    run = flowruns.latest(namespace, "diamond")
    assert run is not None
    assert run.object["spec"]["parameters"] == {"step": 3}


def test_a_failed_run_exits_3_and_names_the_task(
    namespace: str, flowruns: Watch, tmp_path: Path
) -> None:
    ran = flowrun("submit", a_manifest(tmp_path, RAISES), "-n", namespace, "--wait")
    assert ran.returncode == 3, ran.stdout + ran.stderr
    assert "Phase         Failed\nReason        TaskFailed\n" in ran.stdout
    assert "Failed task   fail: ValueError('no')" in ran.stdout


def test_sigterm_ends_the_wait_and_leaves_the_run_alone(
    namespace: str, flowruns: Watch, tmp_path: Path
) -> None:
    with subprocess.Popen(
        [FLOWRUN, "submit", a_manifest(tmp_path, SLEEPS), "-n", namespace, "--wait"],
        env=dict(cluster_environment()),
        stderr=subprocess.PIPE,
        text=True,
    ) as waiting:
        run = Run(namespace, "flow", flowruns)
        run.until_phase("Running")
        waiting.send_signal(signal.SIGTERM)
        _, said = waiting.communicate(timeout=30)
    assert (waiting.returncode, said) == (
        143,
        "SIGTERM: stopped waiting; a run that was created goes on.\n",
    )
    assert phase(run.until_finished()) == "Succeeded"


def test_a_run_that_is_deleted_while_it_is_waited_for_exits_4(
    namespace: str, flowruns: Watch, tmp_path: Path
) -> None:
    with subprocess.Popen(
        [FLOWRUN, "submit", a_manifest(tmp_path, SLEEPS), "-n", namespace, "--wait"],
        env=dict(cluster_environment()),
        stderr=subprocess.PIPE,
        text=True,
    ) as waiting:
        run = Run(namespace, "flow", flowruns)
        run.until_phase("Starting", "Running")
        run.delete()
        _, said = waiting.communicate(timeout=60)
    assert waiting.returncode == 4
    assert f"FlowRun {namespace}/flow was deleted before it finished" in said


def test_an_unknown_field_is_refused_in_the_api_servers_words(
    namespace: str, flowruns: Watch, tmp_path: Path
) -> None:
    ran = flowrun("submit", a_manifest(tmp_path, SLEEPS, imag="x"), "-n", namespace)
    assert ran.returncode == 2
    assert 'unknown field "spec.imag"' in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_second_run_of_that_name_is_an_error_that_names_it(
    namespace: str, flowruns: Watch, tmp_path: Path
) -> None:
    path = a_manifest(tmp_path, SLEEPS)
    assert flowrun("submit", path, "-n", namespace).returncode == 0
    again = flowrun("submit", path, "-n", namespace)
    assert again.returncode == 2
    assert f"FlowRun {namespace}/flow exists already, and something else made it" in again.stderr


def test_a_namespace_that_does_not_exist_is_named(flowruns: Watch) -> None:
    ran = flowrun("submit", str(DIAMOND), "-n", "no-such-namespace")
    assert ran.returncode == 2
    assert 'namespaces "no-such-namespace" not found' in ran.stderr


def test_status_shows_what_the_object_says(namespace: str, flowruns: Watch, tmp_path: Path) -> None:
    flowrun("submit", a_manifest(tmp_path, RAISES), "-n", namespace, "--wait")
    found = json.loads(flowrun("status", "flow", "-n", namespace, "-o", "json").stdout)
    assert status(found)["reason"] == "TaskFailed"
    screen = flowrun("status", "flow", "-n", namespace).stdout
    assert screen.startswith(f"FlowRun {namespace}/flow  Failed\n")
    assert "  fail   ValueError('no')" in screen
    table = flowrun("status", "-n", namespace).stdout.splitlines()
    columns = run_tool("kubectl", "get", "fr", "-n", namespace).stdout.splitlines()
    assert table[0].split() == columns[0].split()
    assert table[1].split()[:4] == columns[1].split()[:4]
