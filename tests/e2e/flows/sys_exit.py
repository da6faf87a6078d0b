"""Ends the runner's process in the middle of the run."""

import sys

from flowlib import Flow, task


@task
def one():
    return 1


class Leaving(Flow):
    def run(self, **_):
        sys.exit(7)


with Leaving("leaving") as flow:
    one()
