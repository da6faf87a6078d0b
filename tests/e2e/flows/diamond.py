"""Fan out, pair up, fan in. For n=10 the result is 90."""

from flowlib import Flow, Parameter, task


@task
def numbers(n):
    return list(range(n))


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
def total(values):
    return sum(values)


with Flow("diamond") as flow:
    n = Parameter("n", default=10)
    items = numbers(n)
    total(add.map(inc.map(items), dec.map(items)))
