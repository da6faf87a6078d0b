"""DaskExecutor: its arguments at work, and what tasks ask for besides being run."""

import asyncio
import datetime
import itertools
import json
import logging
import os
import pickle
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import distributed
import pytest

from flowlib import Flow, context, task
from flowlib.engine import signals
from flowlib.engine.cache_validators import all_inputs
from flowlib.engine.results import LocalResult
from flowlib.engine.state import Cached, Success, TimedOut
from flowlib.exceptions import TaskTimeoutSignal
from flowlib.executors import DaskExecutor
from flowlib.utilities.configuration import set_temporary_config
from flowlib.utilities.debug import raise_on_exception

pytestmark = [pytest.mark.dask, pytest.mark.timeout(120)]

KWARGS: dict[str, Any] = {
    "n_workers": 2,
    "threads_per_worker": 2,
    "dashboard_address": ":0",
    "resources": {"GPU": 1},
    "silence_logs": 50,
}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with distributed.LocalCluster(**KWARGS) as cluster:
        yield cluster


@pytest.fixture
def executor(cluster: Any) -> DaskExecutor:
    return DaskExecutor(cluster.scheduler_address)


def final(flow: Flow, executor: DaskExecutor, **options: Any) -> Any:
    state = flow.run(executor=executor, **options)
    assert state is not None
    assert isinstance(state.result, dict), state
    return state


def test_a_time_out_on_a_worker(executor: DaskExecutor, tmp_path: Path) -> None:
    @task(timeout=1)
    def slow(x: int) -> int:
        # What tasks ask Dask for is there, though the body has a thread of its own.
        assert distributed.get_worker().address
        if x == 1:
            for _ in range(50):
                time.sleep(0.1)
            (tmp_path / "went on").touch()
        return x + int(context.map_index)

    with Flow("f") as flow:
        ran = slow.map([0, 1, 2, 3])
        alone = slow(1, task_args={"name": "alone"})
    began = time.monotonic()
    result = final(flow, executor).result
    states = result[ran].map_states
    assert [type(state) for state in states] == [Success, TimedOut, Success, Success]
    assert states[3].result == 6
    assert states[1].message == "Task timed out during execution."
    assert isinstance(states[1].result, TaskTimeoutSignal)
    assert type(result[alone]) is TimedOut
    # The body was stopped, and not only left to itself.
    time.sleep(max(0.0, began + 7 - time.monotonic()))
    assert not (tmp_path / "went on").exists()


def test_results_targets_names_and_stdout(executor: DaskExecutor, tmp_path: Path) -> None:
    @task(
        result=LocalResult(tmp_path), target="{map_index}.pkl", task_run_name="{task_name}-{x}",
        log_stdout=True,
    )  # fmt: skip
    def double(x: int) -> Any:
        print("doubling", x)
        return 2 * x, context.task_run_name

    @task
    def first(pair: Any) -> Any:
        return pair[0]

    with Flow("f") as flow:
        doubled = double.map([1, 2, 3])
        firsts = first.map(doubled)
    with set_temporary_config({"flows.checkpointing": True}):
        result = final(flow, executor).result
    assert result[doubled].result == [(2, "double-1"), (4, "double-2"), (6, "double-3")]
    locations = [state._result.location for state in result[doubled].map_states]
    assert locations == [str(tmp_path / f"{row}.pkl") for row in range(3)]
    again = final(flow, executor).result
    assert [type(state) for state in again[doubled].map_states] == [Cached] * 3
    assert again[firsts].result == [2, 4, 6]


def test_a_cache_is_used_on_workers(executor: DaskExecutor, tmp_path: Path) -> None:
    @task(cache_for=datetime.timedelta(hours=1), cache_validator=all_inputs, cache_key="marks")
    def mark(x: int) -> int:
        with (tmp_path / str(x)).open("a") as file:
            file.write("ran ")
        return 2 * x

    with Flow("f") as flow:
        marked = mark.map([1, 2])
    with context(caches={}):
        for _ in range(2):
            state = final(flow, executor).result[marked]
            assert state.result == [2, 4]
            assert [type(child) for child in state.map_states] == [Cached, Cached]
    assert [(tmp_path / name).read_text() for name in "12"] == ["ran ", "ran "]


@pytest.mark.parametrize(("x", "error"), [(1, ValueError), (2, signals.FAIL)])
def test_raise_on_exception(executor: DaskExecutor, x: int, error: type[BaseException]) -> None:
    @task
    def fail(x: int) -> None:
        if x == 1:
            raise ValueError("one")
        raise signals.FAIL("two")

    with Flow("f") as flow:
        fail.map([x])
    with raise_on_exception(), pytest.raises(error):
        flow.run(executor=executor)
    assert final(flow, executor).is_failed()


def test_a_resource_tag_is_kept_to(executor: DaskExecutor, tmp_path: Path) -> None:
    @task(tags=["dask-resource:GPU=1"])
    def use(x: int) -> Any:
        began = time.time()
        time.sleep(0.2)
        return os.getpid(), began, time.time()

    with Flow("f") as flow:
        used = use.map(range(6))
    spans = sorted(final(flow, executor).result[used].result)
    assert len({pid for pid, _, _ in spans}) == 2
    for (pid, _, ended), (other, began, _) in itertools.pairwise(spans):
        assert pid != other or ended <= began


def test_a_scheduler_file(cluster: Any, tmp_path: Path) -> None:
    file = tmp_path / "scheduler.json"
    file.write_text(json.dumps({"address": cluster.scheduler_address}))

    @task
    def one() -> int:
        return 1

    with Flow("f") as flow:
        made = one()
    for executor in (
        DaskExecutor(str(file)),
        DaskExecutor(client_kwargs={"scheduler_file": str(file)}),
    ):
        assert executor.cluster_class is None
        assert final(flow, executor).result[made].result == 1


def test_keys_begin_with_the_tasks_name(executor: DaskExecutor) -> None:
    @task(name="named")
    def key(x: int) -> Any:
        return distributed.get_worker().get_current_task()

    with Flow("f") as flow:
        keys = key.map([1])
    assert final(flow, executor).result[keys].result[0].startswith("named-1-")


class Watching(DaskExecutor):
    """Keeps what it is told of workers."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.told: list[tuple[str, Any]] = []

    async def on_worker_status_changed(self, op: str, message: Any) -> None:
        self.told.append((op, message))
        await asyncio.sleep(0)
        raise ValueError("of no consequence")


def test_it_is_told_of_workers(tmp_path: Path) -> None:
    @task
    def die(x: int) -> int:
        if x == 3 and not (tmp_path / "died").exists():
            (tmp_path / "died").touch()
            os._exit(1)
        time.sleep(0.1)
        return x

    with Flow("f") as flow:
        die.map(range(20))
    with distributed.LocalCluster(**KWARGS) as cluster:
        there = {worker.worker_address for worker in cluster.workers.values()}
        watching = Watching(cluster.scheduler_address)
        unwatching = Watching(cluster.scheduler_address, watch_worker_status=False)
        assert final(flow, watching).is_successful()
        assert final(flow, unwatching).is_successful()
    (op, message), *others = watching.told
    assert op == "add"
    assert set(message["workers"]) == there
    removed = [message for op, message in others if op == "remove"]
    assert len(removed) == 1
    assert removed[0] in there
    assert unwatching.told == []
    assert not DaskExecutor(adapt_kwargs={"maximum": 2}).watch_worker_status


def test_it_travels_while_it_runs(executor: DaskExecutor) -> None:
    seen: list[Any] = []

    def handler(flow: Any, old: Any, new: Any) -> None:
        seen.append((executor.client is not None, pickle.loads(pickle.dumps(executor)).client))

    @task
    def one() -> int:
        return 1

    with executor.start():
        handler(None, None, None)
    assert seen == [(True, None)]
    assert executor.client is None
    with Flow("f") as flow:
        one()
    assert final(flow, executor).is_successful()


def test_a_performance_report(cluster: Any, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    executor = DaskExecutor(cluster.scheduler_address, performance_report_path=str(path))

    @task
    def one() -> int:
        return 1

    with Flow("f") as flow:
        one()
    assert executor.performance_report == ""
    assert final(flow, executor).is_successful()
    assert "<html" in executor.performance_report
    assert DaskExecutor(performance_report_path=str(tmp_path)).performance_report == ""


def interrupted(flow: Flow, executor: DaskExecutor, begun: Path) -> None:
    """Runs the flow, and interrupts it when the file is there."""

    def interrupt() -> None:
        while not begun.exists():
            time.sleep(0.05)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        flow.run(executor=executor)
    thread.join()


def long_flow(folder: Path, seconds: float) -> Flow:
    @task(tags=["dask-resource:GPU=1"])
    def long(x: int) -> int:
        (folder / f"begun-{x}").touch()
        time.sleep(seconds)
        (folder / f"ended-{x}").touch()
        return x

    with Flow("f") as flow:
        long.map(range(20))
    return flow


@pytest.mark.usefixtures("heeds_ctrl_c")
def test_who_leaves_early_waits_for_what_has_begun(executor: DaskExecutor, tmp_path: Path) -> None:
    interrupted(long_flow(tmp_path, 1.5), executor, tmp_path / "begun-0")
    begun = {path.name[6:] for path in tmp_path.glob("begun-*")}
    assert 1 <= len(begun) <= 2
    assert {path.name[6:] for path in tmp_path.glob("ended-*")} == begun
    time.sleep(2)
    assert {path.name[6:] for path in tmp_path.glob("begun-*")} == begun


@pytest.mark.usefixtures("heeds_ctrl_c")
def test_who_leaves_a_temporary_cluster_takes_what_has_begun_along(tmp_path: Path) -> None:
    kwargs = {**KWARGS, "n_workers": 1, "threads_per_worker": 1}
    executor = DaskExecutor(cluster_kwargs=kwargs)
    interrupted(long_flow(tmp_path, 60), executor, tmp_path / "begun-0")
    assert [path.name for path in tmp_path.iterdir()] == ["begun-0"]


def test_functions_can_be_submitted(executor: DaskExecutor) -> None:
    with executor.start():
        one = executor.submit(lambda: 1, extra_context={"task_name": "one", "task_index": 3})
        two = executor.submit(lambda x, y: x + y, one, y=1)
        assert one.key.startswith("one-3-")
        assert executor.wait([one, two]) == [1, 2]
    with pytest.raises(RuntimeError, match="inside"):
        executor.submit(print)


@pytest.mark.parametrize("kind", ["external", "in this process", "of other processes"])
def test_what_was_submitted_when_the_executor_ends(kind: str, cluster: Any, tmp_path: Path) -> None:
    kwargs: dict[str, dict[str, Any]] = {
        "external": {"address": cluster.scheduler_address},
        "in this process": {"cluster_kwargs": {"processes": False, "dashboard_address": ":0"}},
        "of other processes": {"cluster_kwargs": {"n_workers": 1, "dashboard_address": ":0"}},
    }
    begun, ended, followed = (tmp_path / name for name in ("begun", "ended", "followed"))

    def slow() -> None:
        begun.touch()
        time.sleep(30 if kind == "of other processes" else 1.5)
        ended.touch()

    executor = DaskExecutor(**kwargs[kind])
    with executor.start():
        first = executor.submit(slow)
        second = executor.submit(lambda _: followed.touch(), first)
        while not begun.exists():
            time.sleep(0.02)
        del first, second
    assert ended.exists() is (kind != "of other processes")
    time.sleep(2)
    assert not followed.exists()


def test_lines_of_the_log(caplog: pytest.LogCaptureFixture, cluster: Any) -> None:
    @task
    def one() -> int:
        return 1

    with Flow("f") as flow:
        one()
    kwargs = {**KWARGS, "n_workers": 1, "processes": False}
    with caplog.at_level(logging.INFO, "flowlib"):
        final(flow, DaskExecutor(cluster_kwargs=kwargs))
        final(flow, DaskExecutor(cluster.scheduler_address))
    lines = [record.getMessage() for record in caplog.records]
    made = "Creating a new Dask cluster with `distributed.deploy.local.LocalCluster`..."
    assert made in lines
    assert any(line.startswith("The Dask dashboard is available at http://") for line in lines)
    assert f"Connecting to an existing Dask cluster at {cluster.scheduler_address}" in lines
