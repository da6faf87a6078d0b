"""What a task prints goes to its log: of that task's thread only."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from logging import Logger
from typing import Any, TextIO


class _Takers(threading.local):
    """Who takes what this thread prints."""

    taker: "Lines | None" = None


_takers = _Takers()
_installing = threading.Lock()


class Lines:
    """Logs whole lines, but blank ones."""

    def __init__(self, logger: Logger) -> None:
        self._logger = logger
        self._rest = ""

    def take(self, text: str) -> None:
        *lines, self._rest = (self._rest + text).split("\n")
        self._log(lines)

    def end(self) -> None:
        self._log([self._rest])
        self._rest = ""

    def _log(self, lines: list[str]) -> None:
        # The log itself is written to stdout.
        _takers.taker = None
        try:
            for line in lines:
                if line.strip():
                    self._logger.info("%s", line)
        finally:
            _takers.taker = self


class _Switch:
    """Stands in for sys.stdout: gives what is printed to the thread's taker, if it has one."""

    def __init__(self, beneath: TextIO) -> None:
        self.beneath = beneath
        self.users = 0

    def write(self, text: str) -> int:
        if _takers.taker is None:
            return self.beneath.write(text)
        _takers.taker.take(text)
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.beneath, name)


@contextmanager
def to(logger: Logger) -> Iterator[None]:
    """What this thread prints inside is logged, line by line, as information."""
    with _installing:
        now: Any = sys.stdout
        switch = now if isinstance(now, _Switch) else _Switch(now)
        stdout: Any = switch
        sys.stdout = stdout
        switch.users += 1
    before, lines = _takers.taker, Lines(logger)
    _takers.taker = lines
    try:
        yield
    finally:
        lines.end()
        _takers.taker = before
        with _installing:
            switch.users -= 1
            if not switch.users and sys.stdout is stdout:
                sys.stdout = switch.beneath
