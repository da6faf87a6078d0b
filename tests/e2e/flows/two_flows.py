"""Holds two flows, so that an entrypoint must name one."""

from flowlib import Flow, task


@task
def one():
    return 1


with Flow("morning") as morning:
    one()

with Flow("evening") as evening:
    one()
