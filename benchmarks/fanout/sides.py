"""The diamond, four times: inc and dec mapped over n numbers, add mapped over both, then a sum."""

import gc
import time
from array import array
from collections.abc import Callable, Sequence
from typing import Any

import distributed

from flowlib import Flow, task
from flowlib.core.flow import Flow as FlowType


def inc(x: int) -> int:
    return x + 1


def dec(x: int) -> int:
    return x - 1


def add(x: int, y: int) -> int:
    return x + y


def answer(n: int) -> int:
    """What the sum comes to."""
    return n * (n - 1)


def diamond(numbers: list[int]) -> tuple[FlowType, dict[str, Any]]:
    """The flow, and its tasks by name."""
    with Flow("diamond") as flow:
        incs, decs = task(inc).map(numbers), task(dec).map(numbers)
        adds = task(add).map(incs, decs)
        total = task(sum_of)(adds)
    return flow, {"inc": incs, "dec": decs, "add": adds, "total": total}


def sum_of(values: list[int]) -> int:
    return sum(values)


def by_flow(executor: Any, n: int) -> float:
    """Through the public API, on this executor; all states are checked, outside of the time."""
    numbers = list(range(n))
    began = time.perf_counter()
    flow, tasks = diamond(numbers)
    state = flow.run(executor=executor)
    assert state is not None
    result = state.result[tasks["total"]].result
    seconds = time.perf_counter() - began
    assert result == answer(n), result
    for name, number in (("inc", n), ("dec", n), ("add", n)):
        its = state.result[tasks[name]]
        assert its.is_mapped()
        assert its.n_map_states == number
        assert all(child.is_successful() for child in its.map_states)
    assert state.result[tasks["inc"]].result == list(range(1, n + 1))
    return seconds


def by_client_map(address: str, n: int) -> float:
    """One future a task; the states are those of the futures."""
    numbers = list(range(n))
    began = time.perf_counter()
    # Closing it waits for twice this time, and the scheduler may be busy forgetting.
    with distributed.Client(address, set_as_default=False, timeout=600) as client:
        incs = client.map(inc, numbers, pure=False)
        decs = client.map(dec, numbers, pure=False)
        adds = client.map(add, incs, decs, pure=False)
        result = client.submit(sum_of, adds, pure=False).result()
        assert result == answer(n), result
        assert all(future.status == "finished" for future in [*incs, *decs, *adds])
        return time.perf_counter() - began  # flowlib closes its client, and pays for it


def settle(address: str) -> None:
    """Waits until scheduler and workers have forgotten what was run: seconds after raw.

    Python's search for cycles among what they forgot would otherwise fall to whoever comes next.
    """
    with distributed.Client(address, set_as_default=False) as client:
        while client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)) or any(
            client.run(lambda dask_worker: len(dask_worker.state.tasks)).values()
        ):
            time.sleep(0.05)
        client.run_on_scheduler(gc.collect)
        client.run(gc.collect)


def by_loop(n: int) -> float:
    """One process, no engine: it keeps the same columns of every child as the engine does."""
    numbers = list(range(n))
    began = time.perf_counter()
    incs = column(inc, numbers)
    decs = column(dec, numbers)
    adds = column(add, incs, decs)
    result = sum_of(adds)
    seconds = time.perf_counter() - began
    assert result == answer(n), result
    return seconds


def column(function: Callable[..., Any], *inputs: Sequence[Any]) -> list[Any]:
    """Values, end times, codes, exceptions."""
    values: list[Any] = []
    ends = array("f")
    codes = bytearray(len(inputs[0]))
    raised: dict[int, Exception] = {}
    began = time.perf_counter()
    for row, arguments in enumerate(zip(*inputs, strict=True)):
        try:
            value = function(*arguments)
        except Exception as exc:  # noqa: BLE001  # whatever a body raises
            value = raised[row] = exc
        values.append(value)
        ends.append(time.perf_counter() - began)
        codes[row] = 1
    return values
