"""Runs for ten minutes in steps of a second: something happens to it long before."""

import time

from flowlib import Flow, task


@task
def step(_):
    time.sleep(1)


with Flow("long") as flow:
    step.map(list(range(600)))
