"""`flowrun resume`: sets spec.suspend of a run; the operator does the rest."""

import click

from flowlib.cli import options
from flowlib.cli.will import express


@click.command("resume")
@click.argument("name")
@options.cluster
def command(name: str, namespace: str | None, context: str | None, kubeconfig: str | None) -> None:
    """Let a suspended run go on, in another attempt.

    It begins another attempt, without a wait and without counting as a failure.
    """
    express("may go on", name, namespace, context, kubeconfig, suspend=False)
