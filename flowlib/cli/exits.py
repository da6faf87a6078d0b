"""How a command ends: the exit codes of docs/contract.md, and errors that carry one.

An error says what is wrong and where, and on a line of its own what to do about it.
"""

from enum import IntEnum

import click


class Exit(IntEnum):
    """Exit codes of `flowrun`; docs/cli.md lists them for scripts."""

    SUCCEEDED = 0
    FAULT = 1  # the API server cannot be reached, or a fault of flowlib itself
    USAGE = 2  # wrong usage, a flow or FlowRun that is refused: nothing ran
    FAILED = 3
    CANCELLED = 4
    INTERRUPTED = 130  # Ctrl-C
    TERMINATED = 143  # SIGTERM


class CliError(click.ClickException):
    """An error that a person can do something about: a message, what to do, an exit code."""

    exit_code = int(Exit.USAGE)

    def __init__(self, message: str, todo: str | None = None) -> None:
        super().__init__(message)
        self.todo = todo

    def format_message(self) -> str:
        return self.message if self.todo is None else f"{self.message}\n{self.todo}"


class Unreachable(CliError):
    """The API server gave no answer, or not one about the question (5xx, 429)."""

    exit_code = int(Exit.FAULT)


class Refused(CliError):
    """The API server said no, in its own words."""


class NotFound(Refused):
    """There is no such object."""


class AlreadyExists(Refused):
    """There is a FlowRun of that name already."""
