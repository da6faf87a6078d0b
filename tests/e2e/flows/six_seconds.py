"""Takes about six seconds: long enough to be asked for its progress more than once."""

import time

from flowlib import Flow, task


@task
def step(x):
    time.sleep(2)
    return x


@task
def total(values):
    return sum(values)


with Flow("six seconds") as flow:
    total(step.map([1, 2, 3]))
