"""A session of any executor: flowlib's own, or one that is submitted to."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flowlib.executors.protocol import Session
from flowlib.executors.submitting import SubmittingSession


@contextmanager
def opened(executor: Any) -> Iterator[Session]:
    """The executor's session while one flow runs."""
    with executor.start() as session:
        yield session if hasattr(session, "next_report") else SubmittingSession(executor)
