"""`flowrun why`: one screen about a run: what happened, the evidence, what to do."""

from typing import Any

import click

from flowlib.cli import kube, options, screens
from flowlib.cli.exits import NotFound
from flowlib.cli.output import show
from flowlib.cli.seen import SeenAttempt, SeenRun


@click.command("why")
@click.argument("name")
@options.cluster
def command(name: str, namespace: str | None, context: str | None, kubeconfig: str | None) -> None:
    """Say on one screen what happened to a run, and what to do.

    The evidence is the status of the run, and the last words of its pods, which are kept with the
    FlowRun when an attempt fails.
    """
    connection = kube.connect(kubeconfig, context)
    runs = kube.FlowRuns(connection.api, namespace or connection.namespace)
    run = SeenRun(runs.get(name))
    attempt = accused(run)
    show(screens.why(run, attempt, kept(connection.api, run, attempt)))


def accused(run: SeenRun) -> SeenAttempt | None:
    """The last attempt that has a reason; it may be an earlier one than that which runs."""
    return next((each for each in reversed(run.attempts) if each.reason), None)


def kept(api: Any, run: SeenRun, attempt: SeenAttempt | None) -> dict[str, str] | None:
    """The last words of the attempt's pods; None where nothing was kept."""
    if attempt is None or not attempt.post_mortem:
        return None
    try:
        return kube.config_map(api, run.namespace, attempt.post_mortem)
    except NotFound:
        return None
