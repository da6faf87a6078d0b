"""The last words of the runner: the verdict, in the pod's termination message."""

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from types import FrameType

from flowlib.runner.progress import Progress
from flowlib.runner.verdict import ExitCode, Outcome, Reason, Verdict


class TerminationLog:
    """Takes one verdict, whole; later ones are not written."""

    def __init__(self, path: Path | None, progress: Progress) -> None:
        self._path = path
        self._progress = progress
        self._written = False

    def write(self, verdict: Verdict) -> None:
        if self._written:
            return
        self._written = True
        verdict = replace(
            verdict,
            workers_ready=self._progress.workers_ready,
            usage=self._progress.usage,
        )
        if self._path is not None:
            self._path.write_text(verdict.to_json())

    def stop_on_sigterm(self) -> None:
        """From now on SIGTERM ends the process at once, with a verdict that says so.

        The handler itself does it: whatever the flow's thread is doing, no more work is given out.
        """
        signal.signal(signal.SIGTERM, self._stop)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if self._written:
            return  # it ends by itself, with the verdict that it has
        snapshot = self._progress.observer.snapshot
        self.write(
            Verdict(
                Outcome.FAILED,
                Reason.RUNNER_CRASHED,
                f"stopped by SIGTERM while {self._progress.stage}",
                started_at=snapshot.started_at,
                tasks=snapshot.counts if self._progress.loaded else None,
                failed_tasks=snapshot.failed_tasks,
            )
        )
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(ExitCode.STOPPED)
