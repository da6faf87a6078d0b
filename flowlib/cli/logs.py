"""`flowrun logs`: what a run's runner printed, from its pod or from what was kept of it."""

from collections.abc import Iterator
from typing import Any

import click

from flowlib.cli import kube, options
from flowlib.cli.exits import CliError, Exit, NotFound
from flowlib.cli.output import show
from flowlib.cli.seen import SeenAttempt, SeenRun

CONTAINER = "runner"
RUNNER_LOG = "runner.log"


class NoLog(CliError):
    """There is no such attempt, or nothing is left of its log."""


@click.command("logs")
@click.argument("name")
@options.cluster
@click.option("-f", "--follow", is_flag=True, help="Go on until the runner ends.")
@click.option(
    "--attempt", type=click.IntRange(1), metavar="N", help="Which attempt's. Default: the last."
)
def command(
    name: str,
    namespace: str | None,
    context: str | None,
    kubeconfig: str | None,
    follow: bool,
    attempt: int | None,
) -> None:
    """Show the log of a run's runner, also when its pod is gone.

    Of a failed attempt whose pod is gone, the last lines are kept with the FlowRun.
    """
    connection = kube.connect(kubeconfig, context)
    runs = kube.FlowRuns(connection.api, namespace or connection.namespace)
    run = SeenRun(runs.get(name))
    try:
        for line in lines(connection.api, run, chosen(run, attempt), follow):
            show(line)
    except KeyboardInterrupt:
        raise SystemExit(Exit.INTERRUPTED) from None


def chosen(run: SeenRun, number: int | None) -> SeenAttempt:
    """The attempt of that number, or the last one."""
    if not run.attempts:
        raise NoLog(f"FlowRun {run.namespace}/{run.name} is {run.phase}: it has no attempt yet")
    if number is None:
        return run.attempts[-1]
    found = next((each for each in run.attempts if each.number == number), None)
    if found is None:
        there = ", ".join(str(each.number) for each in run.attempts)
        raise NoLog(f"FlowRun {run.namespace}/{run.name} has no attempt {number} (it has {there})")
    return found


def lines(api: Any, run: SeenRun, attempt: SeenAttempt, follow: bool) -> Iterator[str]:
    """From the pod; where that is gone, from the attempt's post-mortem ConfigMap."""
    pod = attempt.runner_pod_name
    try:
        yield from kube.log_lines(api, run.namespace, pod, CONTAINER, follow)
    except NotFound as exc:
        kept = (
            kube.config_map(api, run.namespace, attempt.post_mortem) if attempt.post_mortem else {}
        )
        if RUNNER_LOG not in kept:
            raise NoLog(
                f"Pod {pod} of attempt {attempt.number} is gone, and nothing was kept of its log",
                f"What is known: flowrun why {run.name} -n {run.namespace}",
            ) from exc
        click.echo(
            f"Pod {pod} is gone: its last lines, from ConfigMap {attempt.post_mortem}", err=True
        )
        yield from kept[RUNNER_LOG].splitlines()
