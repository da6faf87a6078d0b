"""Two parameters: one must be given, the other's default says its type."""

from flowlib import Flow, Parameter, task


@task
def greet(name, times):
    return " ".join(["hello", name] * times)


with Flow("greeting") as flow:
    greet(Parameter("name"), Parameter("times", default=1))
