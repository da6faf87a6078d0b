"""`flowrun suspend`: sets spec.suspend of a run; the operator does the rest."""

import click

from flowlib.cli import options
from flowlib.cli.will import express


@click.command("suspend")
@click.argument("name")
@options.cluster
def command(name: str, namespace: str | None, context: str | None, kubeconfig: str | None) -> None:
    """Stop a run and give up its cluster, until it is resumed.

    The runner gets SIGTERM: no more tasks are given out, running ones may end within
    spec.gracePeriodSeconds. A run that has not begun is held back.
    """
    express("is to be suspended", name, namespace, context, kubeconfig, suspend=True)
