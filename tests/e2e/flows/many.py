"""Many children of a tenth of a second; where there is a folder, each leaves its number there."""

import time
from pathlib import Path

from flowlib import Flow, Parameter, context, task, unmapped


@task
def numbers(n):
    return list(range(n))


@task
def work(x, folder):
    time.sleep(0.1)
    if folder:
        with Path(folder, f"ran-{context.flow_run_id}").open("a") as ran:
            ran.write(f"{x}\n")
    return x


@task
def total(values):
    return sum(values)


with Flow("many") as flow:
    total(work.map(numbers(Parameter("n")), unmapped(Parameter("folder", default=None))))
