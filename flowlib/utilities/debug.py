"""For finding out why: exceptions that leave ``flow.run``, and what can travel."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flowlib.utilities.context import context

_UNPICKLE = "import sys, cloudpickle; cloudpickle.load(open(sys.argv[1], 'rb'))"


@contextmanager
def raise_on_exception() -> Iterator[None]:
    """Inside, the first exception or signal of a task leaves ``flow.run``."""
    with context(raise_on_exception=True):
        yield


def is_serializable(obj: Any, raise_on_error: bool = False) -> bool:
    """Whether cloudpickle can send it to another process, and a new process can read it.

    With raise_on_error the exception of the pickler is raised, or CalledProcessError with what
    the other process said as its ``output``.
    """
    import cloudpickle

    try:
        data = cloudpickle.dumps(obj)
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            subprocess.run(
                [sys.executable, "-c", _UNPICKLE, file.name],
                check=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
    # Whatever an object's own way of being pickled raises.
    except Exception:
        if raise_on_error:
            raise
        return False
    return True
