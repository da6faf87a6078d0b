"""Loggers below one root that writes to stdout, as the flow's own output does."""

import logging
import sys
import time
from typing import TextIO

from flowlib.configuration import config

ROOT = "flowlib"


class _ToStdout(logging.StreamHandler[TextIO]):
    """Writes to what sys.stdout is now, not to what it was at import."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]  # looked up each time
        return sys.stdout


def _root() -> logging.Logger:
    root = logging.getLogger(ROOT)
    if not any(isinstance(handler, _ToStdout) for handler in root.handlers):
        formatter = logging.Formatter(config.logging.format, config.logging.datefmt)
        formatter.converter = time.gmtime
        handler = _ToStdout()
        handler.setFormatter(formatter)
        root.addHandler(handler)
        root.setLevel(config.logging.level)
    return root


def get_logger(name: str | None = None) -> logging.Logger:
    """The root logger of flowlib, or its child of that name."""
    root = _root()
    return root if name is None else root.getChild(name)


def child_logger(name: str) -> logging.Logger:
    """A logger below the root that nobody else keeps.

    logging.getLogger keeps every logger for ever, which a million mapped children would feel.
    """
    logger = logging.Logger(f"{ROOT}.{name}")
    logger.parent = _root()
    return logger
