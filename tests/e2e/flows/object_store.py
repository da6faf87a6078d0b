"""Children with results and targets of their own in a bucket: a second run finds them there."""

from flowlib import Flow, Parameter, task, unmapped
from flowlib.engine.results import S3Result


@task(result=S3Result("results"), target="{flow_name}/{map_index}.pkl", checkpoint=True)
def times(x, factor):
    return x * factor


@task
def total(values):
    return sum(values)


with Flow("stored") as flow:
    total(times.map([1, 2, 3], unmapped(Parameter("factor"))))
