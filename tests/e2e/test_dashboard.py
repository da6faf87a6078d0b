"""`flowrun dashboard`: Dask's own page, through a port-forward."""

import subprocess
import urllib.request
from pathlib import Path

import pytest

from tests.e2e.kube import cluster_environment
from tests.e2e.runs import Run
from tests.e2e.test_submit import FLOWRUN, SLEEPS, a_manifest, flowrun
from tests.e2e.watch import Watch

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


def test_the_page_is_bokehs_and_goes_with_the_run(
    namespace: str, flowruns: Watch, tmp_path: Path
) -> None:
    assert flowrun("submit", a_manifest(tmp_path, SLEEPS), "-n", namespace).returncode == 0
    Run(namespace, "flow", flowruns).until_phase("Running")
    with subprocess.Popen(
        [FLOWRUN, "dashboard", "flow", "-n", namespace, "--port", "0"],
        env=dict(cluster_environment()),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as forwarding:
        assert forwarding.stdout is not None
        address = forwarding.stdout.readline().strip()
        with urllib.request.urlopen(address, timeout=30) as answer:
            page = answer.read().decode()
        assert "Bokeh.safely" in page  # without bokeh Dask answers that it needs it
        _, said = forwarding.communicate(timeout=60)
    assert forwarding.returncode == 0
    assert "flow: Succeeded: the dashboard went with its cluster" in said


def test_a_run_that_has_ended_has_no_dashboard(namespace: str, flowruns: Watch) -> None:
    diamond = "crds/examples/diamond.yaml"
    assert flowrun("submit", diamond, "-n", namespace, "--wait").returncode == 0
    ran = flowrun("dashboard", "diamond", "-n", namespace)
    assert ran.returncode == 2
    assert f"FlowRun {namespace}/diamond has ended (Succeeded): its cluster is gone" in ran.stderr
