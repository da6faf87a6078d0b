"""A runner that is killed at half, and the next attempt's, on real Dask processes."""

import random
from pathlib import Path
from typing import Any

import pytest

from tests.flowlib.runner.test_runner import Dask, Pod

pytestmark = [pytest.mark.dask, pytest.mark.timeout(120)]

CHILDREN = 60
FLOW = f"""
import time
from pathlib import Path
from flowlib import Flow, context, task

@task
def nap(x):
    time.sleep(0.05)
    with Path(__file__).with_name(f"ran-{{context.flow_run_id}}").open("a") as ran:
        ran.write(f"{{x}}\\n")
    return x

@task
def total(values): return sum(values)

with Flow("naps") as flow: total(nap.map(range({CHILDREN})))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "flows.py").write_text(FLOW)
    return tmp_path


def attempt(folder: Path, dask: Dask, **environment: str) -> Pod:
    url = (folder / "results").as_uri()
    return Pod(folder, dask.address, "flows.py:flow", FLOWRUN_RESULTS_URL=url, **environment)


def killed_at_half(folder: Path) -> int:
    """How many children had ended as far as was told."""
    dask = Dask()
    try:
        pod = attempt(folder, dask)
        told = pod.wait_for("running", also=lambda told: told["tasks"]["succeeded"] >= CHILDREN / 2)
        pod.process.kill()
        assert pod.end()[1] is None
        number: int = told["tasks"]["succeeded"]
        return number
    finally:
        dask.stop()


def resumed(folder: Path, **environment: str) -> tuple[dict[str, Any], list[int]]:
    """The verdict of the next attempt, and the children that it ran."""
    before = set(folder.glob("ran-*"))
    dask = Dask()
    try:
        code, verdict, said = attempt(folder, dask, **environment).end()
    finally:
        dask.stop()
    assert (code, verdict["outcome"]) == (0, "Succeeded"), said
    [ran] = set(folder.glob("ran-*")) - before
    return verdict, sorted(map(int, ran.read_text().split()))


def test_the_next_attempt_runs_what_is_missing_and_says_how_much_it_did_not(folder: Path) -> None:
    told = killed_at_half(folder)

    verdict, ran = resumed(folder)

    assert verdict["result"] == sum(range(CHILDREN))
    assert verdict["tasks"]["succeeded"] == verdict["tasks"]["total"] == CHILDREN + 1
    assert verdict["tasksResumed"] == CHILDREN - len(ran) >= told
    assert len(set(ran)) == len(ran)
    assert not (folder / "results").exists()


def test_a_broken_file_is_made_again(folder: Path) -> None:
    killed_at_half(folder)
    kept = sorted((folder / "results").glob("*.chunk"))
    broken = random.Random(0).choice(kept)
    broken.write_bytes(broken.read_bytes()[:-1])

    verdict, ran = resumed(folder, FLOWRUN_KEEP_RESULTS="true")

    assert verdict["result"] == sum(range(CHILDREN))
    assert verdict["tasksResumed"] == CHILDREN - len(ran)
    first = {int(x) for file in folder.glob("ran-*") for x in file.read_text().split()}
    assert first == set(range(CHILDREN))
    assert (folder / "results").exists()
