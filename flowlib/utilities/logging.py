"""Loggers below one root that writes to stdout, as the flow's own output does."""

import logging
import sys
import time
from collections.abc import Callable
from typing import Any, TextIO

from flowlib import configuration
from flowlib.configuration import config
from flowlib.utilities.context import context

ROOT = "flowlib"


class _ToStdout(logging.StreamHandler[TextIO]):
    """Writes to what sys.stdout is now, not to what it was at import."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]  # looked up each time
        # Not to what takes the prints of a task, which are logged: these lines are already.
        beneath: TextIO = getattr(sys.stdout, "beneath", sys.stdout)
        return beneath


def _root() -> logging.Logger:
    root = logging.getLogger(ROOT)
    if not any(isinstance(handler, _ToStdout) for handler in root.handlers):
        formatter = logging.Formatter(config.logging.format, config.logging.datefmt)
        formatter.converter = time.gmtime
        handler = _ToStdout()
        handler.setFormatter(formatter)
        for name in (ROOT, *config.logging.extra_loggers):
            logging.getLogger(name).addHandler(handler)
            logging.getLogger(name).setLevel(config.logging.level)
        logging.setLogRecordFactory(_with_context(logging.getLogRecordFactory()))
        for notice in configuration.notices:
            root.warning("%s", notice)
    return root


#: Names of the context that every record carries, for formats and handlers.
ATTRIBUTES = ("flow_name", "flow_run_id", "task_name", "task_slug", "task_run_id")


def _with_context(make: Callable[..., logging.LogRecord]) -> Callable[..., logging.LogRecord]:
    def record(*args: Any, **kwargs: Any) -> logging.LogRecord:
        made = make(*args, **kwargs)
        for name in (*ATTRIBUTES, *config.logging.log_attributes):
            setattr(made, name, context.get(name))
        return made

    return record


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
