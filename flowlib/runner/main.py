"""The runner's process: settings from the environment, and an end with a verdict."""

import os
import sys
import traceback

from flowlib.engine.progress import Observer
from flowlib.runner import pod
from flowlib.runner.progress import Progress
from flowlib.runner.settings import Settings
from flowlib.runner.sigterm import Sigterm
from flowlib.runner.stopping import Stopping
from flowlib.runner.termination import TerminationLog
from flowlib.runner.verdict import ExitCode, Outcome, Reason, Verdict


def main(sigterm: Sigterm) -> ExitCode:
    """SystemExit of the flow's own passes through, without a verdict."""
    try:
        settings = Settings.of(os.environ)
    except (KeyError, ValueError) as exc:
        print(f"flowlib.runner: {exc!r} in the environment (see docs/contract.md)", file=sys.stderr)
        return ExitCode.INVALID
    progress = Progress(Observer())
    log = TerminationLog(settings.termination_log, progress)
    stopping = Stopping(sigterm, settings.grace_period, progress, log)
    stopping.start()
    try:
        return pod.run(settings, progress, log, stopping.stop)
    except Exception as exc:  # noqa: BLE001  a fault of flowlib itself must not end without a word
        traceback.print_exc()
        return log.write(Verdict(Outcome.FAILED, Reason.RUNNER_CRASHED, f"flowlib failed: {exc!r}"))
