"""The diamond as a flow: what the FlowRun runs."""

from flowlib import Flow, task


@task
def inc(x):
    return x + 1


@task
def dec(x):
    return x - 1


@task
def add(x, y):
    return x + y


@task
def total(numbers):
    return sum(numbers)


with Flow("diamond") as flow:
    total(add.map(inc.map(range(100)), dec.map(range(100))))
