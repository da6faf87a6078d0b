"""A run whose runner is killed at half: the next attempt runs what is missing, and nothing else.

CHILDREN=1000 for the whole of it; by default fewer, for the time it takes.
"""

import os
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from flowlib.engine.resume import saved
from flowlib.engine.resume.store import CHUNK, Store
from tests.e2e import faults, node, places
from tests.e2e.namespaces import fresh_namespace
from tests.e2e.runs import Run, apply_run, phase, status
from tests.e2e.specs import Spec, merged, spec
from tests.e2e.watch import Seen, Watch

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

CHILDREN = int(os.environ.get("CHILDREN") or 400)
#: numbers, the children, total.
TASKS = CHILDREN + 2
KILLED = {
    "cluster": {"workers": 2},
    "backoffLimit": 1,
    "backoffSeconds": 1,
    "gracePeriodSeconds": 5,
}


def a_run(namespace: str, watch: Watch, location: str, keep: bool, *changes: Spec) -> Run:
    parameters: dict[str, Any] = {"n": CHILDREN}
    if location.startswith("file"):
        parameters["folder"] = places.MOUNTED_AT
    results = {"location": location, "keep": keep}
    what = spec("many.py", KILLED, {"parameters": parameters, "results": results}, *changes)
    return apply_run(namespace, "many", what, watch)


def kill_at_half(run: Run) -> int:
    """How many tasks had succeeded as far as status said."""

    def at_half(seen: Seen) -> bool:
        return phase(seen) == "Running" and succeeded(seen) >= TASKS / 2

    told = run.until(at_half, "half of it", timeout=300)
    faults.kill_runner(run)
    return succeeded(told)


def succeeded(seen: Any) -> int:
    tasks = status(seen).get("tasks") or {}
    return int(tasks.get("succeeded", 0))


@dataclass
class End:
    """How a run on the volume ended."""

    told: int
    status: dict[str, Any]
    #: What lies in the volume.
    files: dict[str, bytes]

    @property
    def ran(self) -> list[list[int]]:
        """Children by the attempt that ran them; the earlier attempt began first."""
        found = [v for k, v in self.files.items() if k.startswith("ran-")]
        return [[int(line) for line in text.split()] for text in found]

    def kept(self, folder: Path) -> dict[str, int]:
        """How many rows each file holds."""
        for name, data in self.files.items():
            if name.endswith(CHUNK):
                (folder / Path(name).name).write_bytes(data)
        store = Store(folder.as_uri())
        names = store.names()
        heads, broken = saved.read_heads(store, names)
        assert broken == []
        return {
            name: sum(len(rows) for entry in head if entry for rows in entry.rows)
            for name, head in zip(names, heads, strict=True)
        }


def check(end: End) -> None:
    first, second = end.status["attempts"]
    assert (first["reason"], end.status["phase"]) == ("RunnerCrashed", "Succeeded")
    assert end.status["result"] == sum(range(CHILDREN))
    assert (end.status["tasks"]["succeeded"], end.status["tasks"]["total"]) == (TASKS, TASKS)
    assert first["tasksResumed"] == 0
    one, two = sorted(end.ran, key=lambda ran: ran[0])
    assert set(one) | set(two) == set(range(CHILDREN))
    assert len(set(two)) == len(two)
    # numbers was taken over too, total was not.
    assert second["tasksResumed"] - 1 == CHILDREN - len(two)


def test_what_is_missing_is_run_and_nothing_else(flowruns: Watch) -> None:
    with fresh_namespace("resume") as namespace, places.volume(namespace) as (folder, mounted):
        run = a_run(namespace, flowruns, f"file://{places.MOUNTED_AT}", False, mounted)
        told = kill_at_half(run)
        url = status(run.history[-1])["resultsURL"]
        ended = status(run.until_finished(timeout=600))
        end = End(told, ended, node.files_below(folder))

    check(end)
    assert url.startswith(f"file:///results/{namespace}/many-")
    assert ended["attempts"][1]["tasksResumed"] >= told
    assert "resultsURL" not in ended
    assert not any(name.endswith(CHUNK) for name in end.files)


def test_a_broken_file_is_made_again(flowruns: Watch, tmp_path: Path) -> None:
    with fresh_namespace("broken") as namespace, places.volume(namespace) as (folder, mounted):
        run = a_run(namespace, flowruns, f"file://{places.MOUNTED_AT}", True, mounted)
        told = kill_at_half(run)
        kept = sorted(name for name in node.files_below(folder) if name.endswith(CHUNK))
        # Not the first ones, which hold numbers and child 0: that tells the attempts apart.
        broken = random.choice(kept[2:])
        node.cut_off(f"{folder}/{broken}")
        ended = status(run.until_finished(timeout=600))
        end = End(told, ended, node.files_below(folder))

    check(end)
    assert ended["resultsURL"].startswith(f"file:///results/{namespace}/many-")
    rows = end.kept(tmp_path)
    mine = Path(broken).name
    first = mine.rpartition("-")[0]
    by_first = sum(number for name, number in rows.items() if name.startswith(first))
    assert ended["attempts"][1]["tasksResumed"] == by_first - rows[mine]


def test_results_in_an_object_store(flowruns: Watch) -> None:
    with fresh_namespace("resume-s3") as namespace:
        server = places.s3_server(namespace)
        run = a_run(namespace, flowruns, f"s3://{places.BUCKET}/runs", False, server)
        told = kill_at_half(run)
        assert places.objects_in(namespace) != []
        ended = status(run.until_finished(timeout=600))
        left = places.objects_in(namespace)
        # The same server, since it takes its time to start: results of the tasks' own.
        stored = spec(
            "object_store.py",
            server,
            {"env": [{"name": "FLOWLIB__FLOWS__CHECKPOINTING", "value": "true"}, *server["env"]]},
        )
        results = []
        for factor in (2, 3):
            what = merged(stored, {"parameters": {"factor": factor}})
            by = apply_run(namespace, f"by-{factor}", what, flowruns)
            results.append(status(by.until_finished())["result"])
        objects = places.objects_in(namespace)

    second = ended["attempts"][1]
    assert (ended["phase"], ended["result"]) == ("Succeeded", sum(range(CHILDREN)))
    assert ended["tasks"]["succeeded"] == TASKS
    assert told <= second["tasksResumed"] < TASKS
    assert left == []
    assert results == [12, 12], "the second run's children find their targets"
    assert objects == [f"{places.BUCKET}/stored/{index}.pkl" for index in range(3)]
