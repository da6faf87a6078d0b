"""Series of measured seconds: run in turns, shown as a table, kept as JSON."""

import json
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BUILD = Path(__file__).parents[1] / "build" / "benchmarks"


@dataclass
class Series:
    """One side of a comparison."""

    title: str
    seconds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    def row(self) -> str:
        numbers = (min(self.seconds), self.median, max(self.seconds))
        return f"{self.title:<34}" + "".join(f"{number:>11.4f}" for number in numbers)


HEAD = f"{'seconds':<34}{'min':>11}{'median':>11}{'max':>11}"


def in_turns(
    sides: Mapping[str, Callable[[], Any]],
    runs: int,
    *,
    warm_up: bool = True,
    settle: Callable[[], Any] = lambda: None,
    times: Mapping[str, int] | None = None,
) -> dict[str, Series]:
    """Each side in every round, so that what the machine does meanwhile meets all of them.

    A side that returns a float measured itself. The first round, where there is a warm-up, is not
    counted. settle is called before each, outside of its time. times: how often a side is run in
    each round, where that is not once.
    """
    series = {title: Series(title) for title in sides}
    for number in range(-1 if warm_up else 0, runs):
        titles = list(sides)
        for title in titles if number % 2 else reversed(titles):
            for _ in range((times or {}).get(title, 1)):
                settle()
                began = time.perf_counter()
                told = sides[title]()
                seconds = told if isinstance(told, float) else time.perf_counter() - began
                if number >= 0:
                    series[title].seconds.append(seconds)
    return series


def ratio(one: Series, other: Series) -> float:
    """How many times as long one takes as the other, by the medians."""
    return one.median / other.median


def keep(name: str, what: Mapping[str, Any]) -> Path:
    """Writes it as JSON below build/benchmarks."""
    BUILD.mkdir(parents=True, exist_ok=True)
    path = BUILD / f"{name}.json"
    path.write_text(json.dumps(what, indent=1) + "\n")
    return path
