"""`flowrun cancel`: sets spec.cancel of a run; the operator does the rest."""

import click

from flowlib.cli import options
from flowlib.cli.will import express


@click.command("cancel")
@click.argument("name")
@options.cluster
def command(name: str, namespace: str | None, context: str | None, kubeconfig: str | None) -> None:
    """End a run for good.

    The runner gets SIGTERM: no more tasks are given out, running ones may end within
    spec.gracePeriodSeconds. The phase is Cancelled then. This cannot be taken back.
    """
    express("is to be cancelled", name, namespace, context, kubeconfig, cancel=True)
