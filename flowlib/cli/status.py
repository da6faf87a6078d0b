"""`flowrun status`: one run at one look, or the table of a namespace."""

import json
from datetime import UTC, datetime

import click

from flowlib.cli import kube, options, screens
from flowlib.cli.output import show
from flowlib.cli.seen import SeenRun


@click.command("status")
@click.argument("name", required=False)
@options.cluster
@click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="json: the FlowRun, or the list, as the API server has it.",
)
def command(
    name: str | None,
    namespace: str | None,
    context: str | None,
    kubeconfig: str | None,
    output: str,
) -> None:
    """Show one run, or all runs of a namespace.

    With NAME: phase, reason, workers, tasks, conditions, attempts, and which command to type
    next. Without: the columns of `kubectl get fr`.
    """
    connection = kube.connect(kubeconfig, context)
    runs = kube.FlowRuns(connection.api, namespace or connection.namespace)
    found = runs.get(name) if name else runs.list()
    if output == "json":
        show(json.dumps(found, indent=2, ensure_ascii=False))
    elif name:
        show(screens.screen(SeenRun(found), datetime.now(UTC)))
    elif found["items"]:
        show(screens.table([SeenRun(body) for body in found["items"]], datetime.now(UTC)))
    else:
        click.echo(f"No FlowRuns in namespace {runs.namespace}.", err=True)
