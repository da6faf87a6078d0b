"""What SIGTERM does: a run that is stopped ends within its grace period, come what may."""

import os
import sys
import threading
import time

from flowlib.engine.stop import Stop
from flowlib.runner.progress import Progress, Stage
from flowlib.runner.sigterm import Sigterm
from flowlib.runner.termination import TerminationLog
from flowlib.runner.verdict import ExitCode, stopped

#: Seconds of the grace period that are kept for what comes after the tasks: values, verdict, exit.
RESERVE = 5.0


class Stopping:
    """A thread that waits for SIGTERM, has the engine stop, and ends what is late."""

    def __init__(
        self, sigterm: Sigterm, grace_period: float, progress: Progress, log: TerminationLog
    ) -> None:
        self.stop = Stop()
        self._sigterm = sigterm
        self._grace_period = grace_period
        self._progress = progress
        self._log = log

    def start(self) -> None:
        threading.Thread(target=self._wait, name="sigterm", daemon=True).start()

    def _wait(self) -> None:
        self._sigterm.wait()
        stage = self._progress.stage
        if stage in (Stage.RUNNING, Stage.FINISHED):
            patience = max(self._grace_period - RESERVE, 0)
            self.stop.request("SIGTERM", patience)
            # The process ends meanwhile, with the verdict of its main thread.
            time.sleep(patience + min(RESERVE, self._grace_period) / 2)
        self._end_now(stage)

    def _end_now(self, stage: Stage) -> None:
        code = ExitCode.STOPPED
        snapshot = self._progress.observer.snapshot
        verdict = stopped("SIGTERM", stage, snapshot, loaded=self._progress.loaded)
        try:
            code = self._log.write(verdict)
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)
