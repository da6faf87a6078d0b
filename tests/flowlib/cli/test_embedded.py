import os
import sys
import urllib.request
from pathlib import Path

import pytest
from distributed import Client

from flowlib.cli.embedded import as_in_the_pod, embedded_cluster
from flowlib.cli.local import LocalRun


def test_inline_files_and_variables_are_there_and_then_gone(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    before, path = dict(os.environ), list(sys.path)
    run = LocalRun("a.py", 1, files={"a.py": "x = 1", "b.txt": "b"}, env={"COLOUR": "red"})
    with as_in_the_pod(run) as source:
        assert source is not None
        assert Path(source, "a.py").read_text() == "x = 1"
        assert sys.path[0] == source
        assert os.environ["PYTHONPATH"] == f"{source}{os.pathsep}/elsewhere"
        assert os.environ["COLOUR"] == "red"
    assert not Path(source).exists()
    assert (dict(os.environ), sys.path) == (before, path)


def test_without_inline_files_modules_are_found_in_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with as_in_the_pod(LocalRun("a.py", 1)) as source:
        assert source is None
        assert sys.path[0] == str(tmp_path)


@pytest.mark.dask
def test_the_workers_have_the_size_the_variables_and_the_files_of_the_run():
    run = LocalRun("seven.py", 2, files={"seven.py": "SEVEN = 7"}, env={"COLOUR": "red"}, threads=3)

    def looked_at() -> tuple[str, int]:
        import seven

        return os.environ["COLOUR"], seven.SEVEN

    with as_in_the_pod(run), embedded_cluster(run, dashboard=True) as cluster:
        assert cluster.dashboard is not None
        with urllib.request.urlopen(cluster.dashboard, timeout=30) as page:
            assert b"Bokeh" in page.read()
        with Client(cluster.address, set_as_default=False) as client:
            assert list(client.nthreads().values()) == [3, 3]
            assert set(client.run(looked_at).values()) == {("red", 7)}


@pytest.mark.dask
def test_a_dashboard_port_that_is_taken_is_another_one():
    run = LocalRun("a.py", 1)
    with embedded_cluster(run, dashboard=True) as one, embedded_cluster(run, True) as other:
        assert one.dashboard != other.dashboard


@pytest.mark.dask
def test_no_dashboard_is_no_dashboard():
    with embedded_cluster(LocalRun("a.py", 1), dashboard=False) as cluster:
        assert cluster.dashboard is None
