"""Hears no SIGTERM while it runs: only the kubelet's SIGKILL ends it."""

import signal
import time

from flowlib import Flow, task


@task
def step(_):
    time.sleep(1)


@task
def deaf():
    # On the worker; the runner's own deafness is set below, when the file is loaded there.
    return list(range(600))


signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})

with Flow("ignores sigterm") as flow:
    step.map(deaf())
