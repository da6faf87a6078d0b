"""Takes about four seconds on one worker: a beginning, a middle and an end."""

import time

from flowlib import Flow, task


@task
def step(x):
    time.sleep(0.5)
    return x


@task
def total(values):
    return sum(values)


with Flow("some seconds") as flow:
    total(step.map(list(range(8))))
