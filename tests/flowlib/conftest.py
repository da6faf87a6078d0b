"""Flows of tests write their log lines to nobody's terminal, and settings are those of the code."""

import signal
from collections.abc import Iterator

import pytest

from flowlib import configuration
from flowlib.configuration import config


@pytest.fixture(autouse=True)
def settings_of_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever FLOWLIB__ variables this machine has."""
    for name, value in vars(configuration.load({})).items():
        monkeypatch.setattr(config, name, value)


@pytest.fixture
def heeds_ctrl_c() -> Iterator[None]:
    """A shell's background job ignores Ctrl-C, and everything that it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
