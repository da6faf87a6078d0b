"""One task raises; one stands downstream of it, two beside it."""

from flowlib import Flow, task


@task
def fetch():
    raise ConnectionError("port closed by peer")


@task
def store(rows):
    return rows


@task
def measure():
    return 1


@task
def publish(value):
    return value


with Flow("task raises") as flow:
    store(fetch())
    publish(measure())
