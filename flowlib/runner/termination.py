"""The last words of the runner: the verdict, in the pod's termination message."""

import threading
from dataclasses import replace
from pathlib import Path

from flowlib.runner.progress import Progress
from flowlib.runner.verdict import ExitCode, Verdict


class TerminationLog:
    """Takes one verdict, whole; later ones are not written."""

    def __init__(self, path: Path | None, progress: Progress) -> None:
        self._path = path
        self._progress = progress
        self._lock = threading.Lock()
        self._written: Verdict | None = None

    def write(self, verdict: Verdict) -> ExitCode:
        """The exit code of the verdict that counts: the first."""
        with self._lock:
            if self._written is None:
                self._written = replace(
                    verdict,
                    workers_ready=self._progress.workers_ready,
                    usage=self._progress.usage,
                )
                if self._path is not None:
                    self._path.write_text(self._written.to_json())
            return self._written.exit_code
