"""Hears no SIGTERM while it runs: only the kubelet's SIGKILL ends it."""

import signal
import time

from flowlib import Flow, task


@task
def step(_):
    time.sleep(1)


# When the runner loads the file, after it has set a handler of its own.
signal.signal(signal.SIGTERM, signal.SIG_IGN)

with Flow("ignores sigterm") as flow:
    step.map(list(range(600)))
