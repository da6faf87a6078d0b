"""Python looks for garbage rarely: in our operator, and in dask-kubernetes' beside it."""

import gc
from collections.abc import Iterator

import pytest

from flowrun_operator import garbage


@pytest.fixture
def thresholds() -> Iterator[tuple[int, int, int]]:
    before = gc.get_threshold()
    yield before
    gc.unfreeze()
    gc.set_threshold(*before)


async def test_kopfs_command_sets_it_at_its_start(thresholds: tuple[int, int, int]) -> None:
    assert gc.get_threshold() == thresholds != garbage.THRESHOLD
    await garbage.at_start()
    assert gc.get_threshold() == garbage.THRESHOLD
    assert gc.get_freeze_count() > 0
