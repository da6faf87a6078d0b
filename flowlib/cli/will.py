"""Somebody's will about a run that exists: a field of its spec, which the operator obeys."""

from flowlib.cli import kube
from flowlib.cli.exits import CliError
from flowlib.cli.output import show
from flowlib.cli.seen import SeenRun


class Finished(CliError):
    """The run has ended: nothing can be willed any more."""


def express(
    said: str,
    name: str,
    namespace: str | None,
    context: str | None,
    kubeconfig: str | None,
    **fields: bool,
) -> None:
    """Sets the fields of spec. Raises Finished where that could not change anything."""
    connection = kube.connect(kubeconfig, context)
    runs = kube.FlowRuns(connection.api, namespace or connection.namespace)
    run = SeenRun(runs.get(name))
    if run.finished:
        raise Finished(f"FlowRun {run.namespace}/{run.name} has ended already: {run.phase}")
    runs.patch(name, dict(fields))
    show(f"flowrun.flowrun.dev/{run.name} {said}")
