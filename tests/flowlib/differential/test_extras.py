"""Time-outs that are not reached, results that are kept, names, printing: they change no end."""

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowlib import Flow
from flowlib.core.parameter import Parameter
from flowlib.engine.results import LocalResult
from flowlib.engine.serializers import CompressedSerializer, PickleSerializer
from flowlib.executors import LocalDaskExecutor, LocalExecutor
from flowlib.tasks.core.constants import Constant
from flowlib.utilities.configuration import set_temporary_config
from tests.flowlib.differential.comparison import differences
from tests.flowlib.differential.hostile import HostileDask, cluster
from tests.flowlib.differential.programs import described, random_flow

EXECUTORS = {
    "in this thread": (LocalExecutor(), 100),
    "in threads": (LocalDaskExecutor(num_workers=2), 30),
}


def with_extras(flow: Flow, rnd: random.Random, folder: Path) -> None:
    """Some tasks of the flow ask for more than being run."""
    compressed = CompressedSerializer(PickleSerializer(), "zlib")
    kept: list[dict[str, Any]] = [
        {"result": LocalResult(folder)},
        {"result": LocalResult(folder, location="{task_slug}/{map_index}")},
        {"result": LocalResult(folder, serializer=compressed)},
    ]
    extras = [*kept, {"timeout": 60}, {"log_stdout": True}, {"task_run_name": "{task_full_name}"}]
    for task in flow.sorted_tasks():
        if isinstance(task, (Parameter, Constant)):
            continue
        for chosen in rnd.sample(extras, rnd.randrange(4)):
            vars(task).update(chosen)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("where", EXECUTORS)
def test_extras_change_no_end(where: str, tmp_path: Path) -> None:
    executor, examples = EXECUTORS[where]
    written: list[int] = []

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.randoms(use_true_random=False))
    def agrees(rnd: random.Random) -> None:
        flow, parameters = random_flow(rnd)
        with_extras(flow, rnd, tmp_path)
        with set_temporary_config({"flows.checkpointing": True}):
            assert differences(flow, parameters, executor) == [], described(flow)
        written.append(sum(1 for _ in tmp_path.rglob("*")))

    agrees()
    assert written[-1] > 0


@pytest.mark.dask
@pytest.mark.timeout(120)
def test_extras_change_no_end_on_dask(tmp_path: Path) -> None:
    with cluster() as client, set_temporary_config({"flows.checkpointing": True}):
        for seed in range(15):
            rnd = random.Random(f"extras {seed}")
            flow, parameters = random_flow(rnd)
            with_extras(flow, rnd, tmp_path)
            executor = HostileDask(client, single_rows=bool(seed % 2))
            assert differences(flow, parameters, executor) == [], described(flow)
