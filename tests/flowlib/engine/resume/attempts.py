"""Flows whose results are kept in one place, and what their bodies were called with."""

from pathlib import Path
from typing import Any

from flowlib import Flow, task
from flowlib.core.flow import Flow as FlowType
from flowlib.engine.flow_run import Options, run_flow
from flowlib.engine.progress import Observer
from flowlib.engine.state import State
from flowlib.executors import LocalExecutor


class Attempts:
    """Runs flows that keep their results in one place; what bodies were called with is told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = folder.as_uri()
        self.calls: list[Any] = []
        self.resumed = 0

    def run(self, flow: FlowType, *, keep: bool = True, **parameters: Any) -> State:
        self.calls.clear()
        observer = Observer()
        options = Options(results=self.url, keep_results=keep)
        try:
            return run_flow(flow, parameters, LocalExecutor(), observer, options)
        finally:
            self.resumed = observer.snapshot.resumed

    def files(self) -> list[Path]:
        return sorted(self.folder.glob("*.chunk"))


class Trouble:
    """What befalls bodies that are given one of these values."""

    def __init__(self) -> None:
        self.of: dict[Any, BaseException] = {}

    def befall(self, value: Any) -> None:
        if value in self.of:
            raise self.of[value]


def sums(attempts: Attempts, trouble: Trouble, width: int = 6) -> tuple[FlowType, Any]:
    """numbers -> inc -> double -> total"""
    calls = attempts.calls

    @task
    def numbers(n: int) -> list[int]:
        calls.append("numbers")
        return list(range(n))

    @task
    def inc(x: int) -> int:
        calls.append(("inc", x))
        trouble.befall(x)
        return x + 1

    @task
    def double(x: int) -> int:
        calls.append(("double", x))
        return 2 * x

    @task
    def total(values: list[int]) -> int:
        calls.append("total")
        return sum(values)

    with Flow("sums") as flow:
        end = total(double.map(inc.map(numbers(width))))
    return flow, end
