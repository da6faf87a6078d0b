"""What a scenario counted, and what it found wrong."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Outcome:
    """Printed by the tests and by the full run alike."""

    title: str
    counts: Mapping[str, float | int | str]
    problems: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        counts = ", ".join(f"{name} {_short(value)}" for name, value in self.counts.items())
        said = f"{len(self.problems)} PROBLEMS" if self.problems else "all right"
        return "\n  ".join([f"{self.title}: {counts}: {said}", *self.problems])


def write_json(outcomes: list[Outcome], seed: int, file: Path) -> None:
    """For whoever compares."""
    body = {
        "seed": seed,
        "scenarios": [
            {"title": each.title, "counts": dict(each.counts), "problems": each.problems}
            for each in outcomes
        ],
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(body, indent=1) + "\n")


def _short(value: float | int | str) -> str:
    return f"{value:.1f}" if isinstance(value, float) else str(value)
