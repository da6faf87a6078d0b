"""Takes about twelve seconds on one worker: time enough to be met in the middle."""

import time

from flowlib import Flow, task


@task
def step(x):
    time.sleep(0.5)
    return x


with Flow("a while") as flow:
    step.map(list(range(24)))
