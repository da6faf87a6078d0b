"""What every test of resumed runs is given."""

from pathlib import Path

import pytest

from flowlib.engine.resume import ledger
from tests.flowlib.engine.resume.attempts import Attempts, Trouble


@pytest.fixture
def attempts(tmp_path: Path) -> Attempts:
    return Attempts(tmp_path / "results")


@pytest.fixture
def child_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Claims of one row: it is known exactly what was kept when an attempt was killed."""
    monkeypatch.setattr(ledger, "BOX", 0.0)


@pytest.fixture
def trouble() -> Trouble:
    return Trouble()
