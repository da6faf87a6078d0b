"""Stages: what is being done, how long it took, and the end of its log where it fails."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from hack.kind import paths

TAIL_LINES = 25
HEARTBEAT_SECONDS = 15.0


class StageError(Exception):
    """A stage failed; the message is for a person."""


def say(text: str) -> None:
    """Writes to stderr: stdout belongs to commands whose output is read by programs."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def stage(what: str) -> Iterator[None]:
    """Says what is being done and, at its end, how long it took."""
    say(f"-> {what}")
    start = time.monotonic()
    try:
        yield
    except StageError as error:
        raise StageError(f"{what}: {error}") from error
    say(f"   {what}: {time.monotonic() - start:.1f} s")


def run(
    command: Sequence[str | Path],
    log: str,
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> None:
    """Runs a command with its output in ``log``, with a sign of life every 15 s.

    Raises StageError with the end of the log.
    """
    paths.LOGS.mkdir(parents=True, exist_ok=True)
    file = paths.LOGS / f"{log}.log"
    start = last = time.monotonic()
    with file.open("wb") as out:
        try:
            process = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env={**os.environ, **(env or {})},
            )
        except OSError as error:
            raise StageError(f"{command[0]} cannot be run: {error.strerror}") from error
        while True:
            try:
                code = process.wait(timeout=1)
                break
            except subprocess.TimeoutExpired:
                now = time.monotonic()
                if now - last >= HEARTBEAT_SECONDS:
                    last = now
                    lines = tail(file, 1)
                    say(f"   ... {now - start:.0f} s: {lines[-1][:100] if lines else log}")
    if code != 0:
        end = "\n".join(f"   | {line}" for line in tail(file, TAIL_LINES))
        raise StageError(f"exit code {code} of {command[0]}; the end of {file}:\n{end}")


def tail(file: Path, lines: int) -> list[str]:
    """The last lines of a log; a cut first line is dropped."""
    with file.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(0, size - 16384))
        text = stream.read().decode(errors="replace")
    return [line for line in text.splitlines() if line.strip()][-lines:]


def output(command: Sequence[str | Path], *, timeout: float = 60) -> str | None:
    """What a command prints, or None when it is missing, fails or takes too long."""
    try:
        done = subprocess.run(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def wait_until(what: str, true: Callable[[], bool], seconds: float, pause: float = 0.5) -> None:
    """Waits until something holds. Raises StageError naming it when the time is over."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise StageError(f"{what}: not so after {seconds:.0f} s")
        time.sleep(pause)
