"""A shell command as a task."""

import os
import subprocess
import tempfile
from collections.abc import Mapping
from typing import Any

from flowlib.core.task import Task
from flowlib.engine import signals
from flowlib.utilities.tasks import defaults_from_attrs


class ShellTask(Task):
    """Runs a command; the result is its last line (None where it says nothing), or all
    lines with return_all.

    Standard error is part of the output. helper_script runs before, in the same shell; env is added
    to the environment. An exit code above 0 ends the task Failed with the output as result;
    log_stderr logs it then. stream_output logs each line as it comes: True, or the name of a level.
    """

    def __init__(
        self,
        command: str | None = None,
        env: Mapping[str, str] | None = None,
        helper_script: str | None = None,
        shell: str = "bash",
        return_all: bool = False,
        log_stderr: bool = False,
        stream_output: bool | int | str = False,
        **task_args: Any,
    ) -> None:
        self.command = command
        self.env = env
        self.helper_script = helper_script
        self.shell = shell
        self.return_all = return_all
        self.log_stderr = log_stderr
        self.stream_output = stream_output
        super().__init__(**task_args)

    @defaults_from_attrs("command", "env", "helper_script")
    def run(
        self,
        command: str | None = None,
        env: Mapping[str, str] | None = None,
        helper_script: str | None = None,
    ) -> Any:
        """Runs this command. TypeError where there is none."""
        if command is None:
            raise TypeError("A ShellTask needs a command: when it is made, or when it is called.")
        # A file, and not an argument: a script may be longer than an argument may be.
        with tempfile.NamedTemporaryFile("w", prefix="flowlib-", suffix=".sh") as script:
            script.write(f"{helper_script}\n{command}" if helper_script else command)
            script.flush()
            lines, code = self._run(script.name, env)
        output: Any = lines if self.return_all else (lines[-1] if lines else None)
        if code:
            message = f"Command failed with exit code {code}"
            self.logger.error(message)
            if self.log_stderr:
                self.logger.error("\n".join(lines))
            raise signals.FAIL(message, result=output)
        return output

    def _run(self, script: str, env: Mapping[str, str] | None) -> tuple[list[str], int]:
        lines = []
        with subprocess.Popen(
            [self.shell, script],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            text=True,
            errors="replace",
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                lines.append(line.rstrip())
                if self.stream_output:
                    self.logger.log(_level(self.stream_output), "%s", lines[-1])
        return lines, process.returncode


def _level(stream_output: bool | int | str) -> int:
    import logging

    if isinstance(stream_output, str):
        return logging.getLevelNamesMapping()[stream_output.upper()]
    return logging.INFO if stream_output is True else stream_output
