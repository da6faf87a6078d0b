"""A task that ends the worker which runs it, as a fault in a C library does."""

import os
import signal

from flowlib import Flow, task


@task
def convert():
    os.kill(os.getpid(), signal.SIGSEGV)


with Flow("kills its worker") as flow:
    convert()
