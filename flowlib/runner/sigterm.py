"""SIGTERM, noticed from the first moment and whatever the main thread is doing.

The first process of a container does not even notice a signal that it has no handler for, and a
handler in Python runs only when the main thread comes out of C code. So this is the first thing
that a runner makes, and imports next to nothing.
"""

import os
import signal
from types import FrameType


class Sigterm:
    """From its making on, a SIGTERM is kept for the thread that waits for it."""

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._writing, False)
        signal.signal(signal.SIGTERM, self._note)
        # The signal's number is written by C code, at once. A flow's event loop may take that
        # over for itself: hence the handler as well.
        signal.set_wakeup_fd(self._writing, warn_on_full_buffer=False)
        os.register_at_fork(before=_hold, after_in_parent=_let_go, after_in_child=_forget)

    def wait(self) -> None:
        """Returns when it came, or has come."""
        while os.read(self._reading, 1) != bytes([signal.SIGTERM]):
            pass

    def _note(self, number: int, frame: FrameType | None) -> None:
        os.write(self._writing, bytes([number]))


def _hold() -> None:
    """A SIGTERM for a child that the flow's code forks may come before the child is ready."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})


def _let_go() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def _forget() -> None:
    """The child ends by SIGTERM, as any other process."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _let_go()
