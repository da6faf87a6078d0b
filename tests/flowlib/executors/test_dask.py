"""DaskExecutor on real clusters on this machine."""

import datetime
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dask
import distributed
import pytest

from flowlib import Flow, context, task, triggers
from flowlib.configuration import config
from flowlib.engine import signals, values
from flowlib.engine.flow_run import Preview, run_flow
from flowlib.engine.held import Chunk
from flowlib.engine.progress import Observer
from flowlib.engine.state import TriggerFailed
from flowlib.exceptions import ResultNotGathered
from flowlib.executors import DaskExecutor
from flowlib.executors.dask_session import DaskSession
from flowlib.executors.protocol import ExecutorLost

pytestmark = [pytest.mark.dask, pytest.mark.timeout(120)]

DIAMOND = Path(__file__).parents[1] / "programs" / "diamond.py"
KWARGS = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}


@pytest.fixture(scope="module")
def cluster() -> Iterator[distributed.LocalCluster]:
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        distributed.LocalCluster(**KWARGS, silence_logs=50) as cluster,
    ):
        yield cluster


@pytest.fixture
def executor(cluster: distributed.LocalCluster) -> DaskExecutor:
    return DaskExecutor(cluster.scheduler_address)


@task
def inc(x: int) -> int:
    return x + 1


@task
def total(values: list[Any]) -> Any:
    return sum(values)


def test_the_diamond_by_environment_alone(cluster: distributed.LocalCluster) -> None:
    environment = {
        **os.environ,
        "FLOWLIB__ENGINE__EXECUTOR__DEFAULT_CLASS": "prefect.executors.DaskExecutor",
        "FLOWLIB__ENGINE__EXECUTOR__DASK__ADDRESS": cluster.scheduler_address,
    }
    said = subprocess.run(
        [sys.executable, str(DIAMOND)], env=environment, capture_output=True, text=True, check=True
    ).stdout

    assert f"Connecting to an existing Dask cluster at {cluster.scheduler_address}" in said
    assert said.splitlines()[-1] == "9900"


def test_a_temporary_cluster_is_made_told_and_closed(caplog: pytest.LogCaptureFixture) -> None:
    closed = []

    class Noted(distributed.LocalCluster):
        def __exit__(self, *raised: Any) -> None:
            super().__exit__(*raised)
            closed.append(self.status.name)

    with Flow("f") as flow:
        result = total(inc.map(range(10)))
    executor = DaskExecutor(cluster_class=Noted, cluster_kwargs={**KWARGS, "processes": False})
    with caplog.at_level("INFO", logger="flowlib"):
        state = flow.run(executor=executor)

    assert state.result[result].result == 55
    said = [r.getMessage() for r in caplog.records if r.name == "flowlib.DaskExecutor"]
    assert said[0].startswith("Creating a new Dask cluster with ")
    assert said[1].startswith("The Dask dashboard is available at http://")
    assert closed == ["closed"]


def test_every_state_of_children_comes_back(executor: DaskExecutor) -> None:
    @task
    def picky(x: int) -> int:
        if x == 1:
            raise ValueError(x)
        if x == 2:
            raise signals.SKIP("two")
        if x == 3:
            raise SystemExit(3)
        return x

    @task(trigger=triggers.all_finished, skip_on_upstream_skip=False)
    def kinds(values: list[Any]) -> list[str]:
        return [type(value).__name__ for value in values]

    with Flow("f") as flow:
        one = picky.map(range(5))
        two = inc.map(one)
        told = kinds(one)
    result = flow.run(executor=executor).result

    assert [type(s).__name__ for s in result[one].map_states] == [
        "Success",
        "Failed",
        "Skipped",
        "Failed",
        "Success",
    ]
    assert type(result[two].map_states[1]) is TriggerFailed
    assert result[two].map_states[4].result == 5
    assert result[told].result == ["int", "ValueError", "SKIP", "SystemExit", "int"]


def test_the_context_is_there_on_workers(executor: DaskExecutor) -> None:
    @task
    def looks(x: int) -> tuple[Any, ...]:
        return (context.task_full_name, context.parameters, context.today == str(context.date)[:10])

    with Flow("f") as flow:
        seen = looks.map([0, 1])

    state = flow.run(executor=executor)
    assert state.result[seen].result[1] == ("looks[1]", {}, True)


def test_few_large_tasks_use_all_workers(executor: DaskExecutor, tmp_path: Path) -> None:
    @task
    def meets(me: int) -> bool:
        """Ends only when the other one runs at the same time."""
        (tmp_path / str(me)).touch()
        while not (tmp_path / str(1 - me)).exists():
            time.sleep(0.01)
        return True

    with Flow("f") as flow:
        met = meets.map([0, 1])

    assert flow.run(executor=executor).result[met].result == [True, True]


def test_a_slow_row_hands_the_others_of_its_claim_back(
    executor: DaskExecutor, tmp_path: Path
) -> None:
    @task
    def last(x: int) -> int:
        """The first ends only when all others have ended."""
        while x == 0 and len(list(tmp_path.iterdir())) < 19:
            time.sleep(0.01)
        (tmp_path / str(x)).touch()
        return x

    with Flow("f") as flow:
        result = total(last.map(range(20)))

    assert flow.run(executor=executor).result[result].result == 190


def test_values_stay_on_the_workers() -> None:
    @task
    def cannot_travel(x: int) -> Any:
        return threading.Lock()

    @task
    def uses(lock: Any) -> int:
        with lock:
            return 1

    with Flow("f") as flow:
        total(uses.map(cannot_travel.map(range(5))))
    preview = Preview(str)
    executor = DaskExecutor(cluster_kwargs={**KWARGS, "n_workers": 1})

    run_flow(flow, {}, executor, Observer(), preview=preview)

    assert preview.answer == "5"


def test_the_scheduler_keeps_no_reports(
    executor: DaskExecutor, cluster: distributed.LocalCluster
) -> None:
    with Flow("f") as flow:
        total(inc.map(range(10)))

    flow.run(executor=executor)

    topics = cluster.scheduler._broker._topics
    ours = [topic for topic in topics if topic.startswith("flowlib-")]
    assert ours
    assert [len(topics[topic].events) for topic in ours] == [0] * len(ours)


def test_large_results_stay_on_the_workers_but_for_reference_tasks(
    executor: DaskExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    @task
    def large(x: int) -> bytes:
        if x == 1:
            raise ValueError(x)
        return bytes(10_000)

    @task
    def length(value: bytes) -> int:
        return len(value)

    with Flow("f") as flow:
        made = large.map([0, 1, 2])
        also_made = large(0)
        lengths = length.map(made)
        last = large.map([5])
    monkeypatch.setattr(config.engine, "gather_bytes", 5_000)

    result = flow.run(executor=executor).result

    assert [state.is_successful() for state in result[made].map_states] == [True, False, True]
    assert [str(state.result) for state in result[made].map_states if state.is_failed()] == ["1"]
    with pytest.raises(ResultNotGathered, match="results of task 'large' take about 0 MB"):
        _ = result[made].result
    with pytest.raises(ResultNotGathered, match=r"raise the setting engine\.gather_bytes"):
        _ = result[made].map_states[0].result
    assert result[lengths].map_states[2].result == 10_000
    assert len(result[last].result[0]) == len(result[also_made].result) == 10_000
    assert pickle.loads(pickle.dumps(result[made])).n_map_states == 3


def of_large_values() -> tuple[Any, Any, Any]:
    """A flow that makes 64 values of 100 kB; the map that measures them, and the sum of that."""

    @task
    def large(x: int) -> bytes:
        return bytes(100_000)

    @task
    def length(value: bytes) -> int:
        return len(value)

    @task
    def total_of(lengths: list[int]) -> int:
        return sum(lengths)

    with Flow("f") as flow:
        lengths = length.map(large.map(range(64)))
        total = total_of(lengths)
    return flow, lengths, total


def test_a_chunk_is_brought_without_the_large_results_beside_what_is_wanted(
    executor: DaskExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow, lengths, _ = of_large_values()
    monkeypatch.setattr(config.engine, "gather_bytes", 1_000_000)
    shapes: list[list[int]] = []
    fetch = DaskSession.fetch

    def spied(self: DaskSession, *asked: Any) -> list[Chunk]:
        chunks = fetch(self, *asked)
        shapes.extend([len(part.values) for part in chunk.parts] for chunk in chunks)
        return chunks

    monkeypatch.setattr(DaskSession, "fetch", spied)

    assert flow.run(executor=executor).result[lengths].result == [100_000] * 64
    together = [shape for shape in shapes if len(shape) == 2]
    assert together
    assert [large for large, _ in together] == [0] * len(together)


def test_large_values_go_from_a_chunk_whose_other_values_stay(
    executor: DaskExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow, _, total = of_large_values()
    monkeypatch.setattr(config.engine, "gather_bytes", 500_000)
    monkeypatch.setattr(values, "LARGE_PART", 0)
    shapes: list[list[bool]] = []
    narrow = DaskSession.narrow

    def spied(self: DaskSession, *asked: Any) -> Any:
        handle = narrow(self, *asked)
        shapes.append([bool(part.values) for part in handle.result().parts])
        return handle

    monkeypatch.setattr(DaskSession, "narrow", spied)

    assert flow.run(executor=executor).result[total].result == 6_400_000
    assert shapes
    assert shapes == [[False, True]] * len(shapes)


def test_an_exception_that_cannot_travel_comes_as_text(executor: DaskExecutor) -> None:
    class Stuck(Exception):
        def __init__(self, one: str, two: str) -> None:
            super().__init__(one)
            self.lock = threading.Lock()

    @task
    def fails() -> None:
        raise Stuck("a", "b")

    with Flow("f") as flow:
        failed = fails()

    state = flow.run(executor=executor).result[failed]
    assert state.is_failed()
    assert state.result == "Stuck('a')"


def test_a_function_that_cannot_travel_fails_the_run(executor: DaskExecutor) -> None:
    lock = threading.Lock()

    @task
    def holds() -> bool:
        return lock.locked()

    with Flow("f") as flow:
        holds()

    state = flow.run(executor=executor)
    assert state.is_failed()
    assert isinstance(state.result, TypeError)


def test_a_lost_worker_loses_nothing(tmp_path: Path) -> None:
    @task
    def slow(x: int) -> int:
        time.sleep(0.01)
        if x == 60 and not (tmp_path / "died").exists():
            (tmp_path / "died").touch()
            os._exit(9)
        return x

    with Flow("f") as flow:
        result = total(inc.map(slow.map(range(100))))
    state = flow.run(executor=DaskExecutor(cluster_kwargs=KWARGS))

    assert (tmp_path / "died").exists()
    assert state.result[result].result == 5050


def test_what_was_lost_and_fails_when_it_is_made_again_has_failed(tmp_path: Path) -> None:
    @task(max_retries=1, retry_delay=datetime.timedelta(0))
    def works_once(x: int) -> int:
        if (tmp_path / str(x)).exists():
            raise ValueError(x)
        (tmp_path / str(x)).touch()
        return x

    @task
    def dies_once(values: list[int]) -> int:
        if not (tmp_path / "died").exists():
            (tmp_path / "died").touch()
            os._exit(9)
        return sum(values)

    with Flow("f") as flow:
        once = works_once.map(range(20))
        result = dies_once(once)
    state = flow.run(executor=DaskExecutor(cluster_kwargs=KWARGS))

    failed = [its for its in state.result[once].map_states if its.is_failed()]
    assert failed
    assert all(isinstance(its.result, ValueError) for its in failed)
    assert isinstance(state.result[result], TriggerFailed)


def test_a_row_that_kills_workers_fails_alone(executor: DaskExecutor) -> None:
    @task
    def kills(x: int) -> int:
        if x == 3:
            os._exit(9)
        return x

    with Flow("f") as flow:
        children = kills.map(range(6))

    states = flow.run(executor=executor).result[children].map_states

    assert [state.is_successful() for state in states] == [True, True, True, False, True, True]
    assert isinstance(states[3].result, distributed.KilledWorker)


def test_a_lost_scheduler_ends_the_run_and_says_so() -> None:
    cluster = distributed.LocalCluster(**KWARGS, silence_logs=50)

    @task
    def waits() -> None:
        time.sleep(60)

    with Flow("f") as flow:
        waits()
    observer = Observer()

    def close() -> None:
        while observer.snapshot.started_at is None:
            time.sleep(0.05)
        cluster.close()

    closer = threading.Thread(target=close)
    closer.start()
    state = run_flow(flow, {}, DaskExecutor(cluster.scheduler_address), observer)
    closer.join()

    assert state.is_failed()
    assert isinstance(state.result, ExecutorLost)
    assert "scheduler" in str(state.result)
