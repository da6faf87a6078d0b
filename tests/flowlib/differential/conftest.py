"""What holds for random flows."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _unlogged() -> Iterator[None]:
    """Thousands of lines of many runs would hide what one of them is found to do."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
