"""A body that may take only so long."""

import contextlib
import contextvars
import ctypes
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

from flowlib.engine.guard import Outcome
from flowlib.exceptions import TaskTimeoutSignal
from flowlib.utilities.context import context

Body = Callable[[], Outcome]


def within(seconds: int, body: Body) -> Outcome:
    """Runs the body; after so many seconds its outcome is a TaskTimeoutSignal, which it is sent.

    In a main thread that ends whatever it does. In other threads (Dask's workers, for one) a body
    that waits in C code goes on until it is back in Python, while nobody waits for it any more.
    """
    by_alarm = hasattr(signal, "setitimer") and (
        threading.current_thread() is threading.main_thread()
    )
    return _by_alarm(seconds, body) if by_alarm else _in_a_thread(seconds, body)


def _expired() -> TaskTimeoutSignal:
    return TaskTimeoutSignal("Execution timed out.")


def _by_alarm(seconds: int, body: Body) -> Outcome:
    def ring(number: int, frame: Any) -> None:
        raise _expired()

    began = time.monotonic()
    before = signal.signal(signal.SIGALRM, ring)
    # Somebody further out, another task that runs this flow, may have set an alarm, too.
    theirs, _ = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        outcome = body()
        signal.setitimer(signal.ITIMER_REAL, 0)
    except TaskTimeoutSignal as exc:  # it rang between the body's end and the line after
        outcome = Outcome(None, exc)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if theirs:
            left = theirs - (time.monotonic() - began)
            signal.setitimer(signal.ITIMER_REAL, max(left, 0.001))
    return outcome


def _in_a_thread(seconds: int, body: Body) -> Outcome:
    outcomes: list[Outcome | BaseException] = []
    values = dict(context.raw())
    variables = contextvars.copy_context()

    def run() -> None:
        # What comes late, after the signal, is of no interest to anybody.
        with contextlib.suppress(TaskTimeoutSignal), context(values):
            try:
                outcomes.append(variables.run(body))
            except BaseException as exc:  # noqa: BLE001  # it is raised where the body was called
                outcomes.append(exc)

    thread = threading.Thread(target=run, name="timed-task", daemon=True)
    start(thread)
    thread.join(seconds)
    if not outcomes:
        raise_in(thread.ident or 0, TaskTimeoutSignal)
        return Outcome(None, _expired())
    if isinstance(outcomes[0], BaseException):
        raise outcomes[0]
    return outcomes[0]


#: Until a new thread has its own number, Python takes it for the one that starts it: what is raised
#: then would end the new thread, and the other would wait for it for ever.
_starting = threading.Lock()


def start(thread: threading.Thread) -> None:
    """Starts a thread from one in which raise_in may raise."""
    with _starting:
        thread.start()


def raise_in(thread: int, kind: type[BaseException]) -> None:
    """Raises it in another thread, as soon as that runs Python code."""
    with _starting:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(kind))
