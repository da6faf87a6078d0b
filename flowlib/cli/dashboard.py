"""`flowrun dashboard`: the Dask dashboard of a run on this machine, while its cluster lives."""

import socket
import sys
from typing import Any

import click
from kubernetes import client

from flowlib.cli import kube, options, screens
from flowlib.cli.exits import CliError, Exit
from flowlib.cli.follow import RunIsGone, follow
from flowlib.cli.output import show
from flowlib.cli.portforward import Forwarder, dialer
from flowlib.cli.seen import SeenRun

DASHBOARD_PORT = 8787


class NoDashboard(CliError):
    """The run has no cluster yet, or has none any more."""


@click.command("dashboard")
@click.argument("name")
@options.cluster
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help=f"Local port; 0 takes a free one. Default: {DASHBOARD_PORT}, or a free one.",
)
@click.option("--no-open", is_flag=True, help="Only print the address; open no browser.")
def command(
    name: str,
    namespace: str | None,
    context: str | None,
    kubeconfig: str | None,
    port: int | None,
    no_open: bool,
) -> None:
    """Open the Dask dashboard of a run through a port-forward.

    Prints the local address, and opens it when a person is at the terminal. Ends when the
    run's cluster goes, or with Ctrl-C.
    """
    connection = kube.connect(kubeconfig, context)
    runs = kube.FlowRuns(connection.api, namespace or connection.namespace)
    pod = scheduler_pod(connection.api, SeenRun(runs.get(name)))
    forwarder = Forwarder(
        listen(port),
        dialer(connection.api, runs.namespace, pod, DASHBOARD_PORT),
        lambda error: click.echo(error, err=True),
    )
    address = f"http://127.0.0.1:{forwarder.port}/status"
    show(address)
    if not no_open and sys.stdout.isatty():
        click.launch(address)
    try:
        _until_the_cluster_goes(runs, name)
    except KeyboardInterrupt:
        raise SystemExit(Exit.INTERRUPTED) from None
    finally:
        forwarder.close()


def scheduler_pod(api: Any, run: SeenRun) -> str:
    """Name of the pod whose dashboard is meant. Raises NoDashboard with what to do."""
    refuse_without_cluster(run)
    selector = f"dask.org/cluster-name={run.cluster_name},dask.org/component=scheduler"
    with kube.answers_of(api.configuration.host):
        pods = (
            client.CoreV1Api(api)
            .list_namespaced_pod(
                run.namespace, label_selector=selector, _request_timeout=kube.TIMEOUT
            )
            .items
        )
    for pod in pods:
        if pod.metadata.deletion_timestamp is None and _ready(pod):
            return str(pod.metadata.name)
    raise NoDashboard(
        f"FlowRun {run.namespace}/{run.name} is {run.phase}: its scheduler is not ready yet",
        f"Try again in a moment; see flowrun status {run.name} -n {run.namespace}",
    )


def refuse_without_cluster(run: SeenRun) -> None:
    """Raises NoDashboard for a run whose status says that there is no cluster to look at."""
    if run.finished:
        raise NoDashboard(
            f"FlowRun {run.namespace}/{run.name} has ended ({run.phase}): its cluster is gone",
            f"What happened: flowrun status {run.name} -n {run.namespace}",
        )
    if not run.cluster_name:
        raise NoDashboard(
            f"FlowRun {run.namespace}/{run.name} is {run.phase}: it has no cluster yet",
            f"Try again in a moment; see flowrun status {run.name} -n {run.namespace}",
        )


def listen(port: int | None) -> socket.socket:
    """A listener on 127.0.0.1; a port that was asked for and is taken is an error."""
    try:
        return socket.create_server(("127.0.0.1", DASHBOARD_PORT if port is None else port))
    except OSError as exc:
        if port is None:
            return socket.create_server(("127.0.0.1", 0))
        raise CliError(
            f"--port {port}: {exc.strerror}", "Leave --port out to take a free one."
        ) from exc


def _ready(pod: Any) -> bool:
    conditions = pod.status.conditions or []
    return any(c.type == "Ready" and c.status == "True" for c in conditions)


def _until_the_cluster_goes(runs: kube.FlowRuns, name: str) -> None:
    try:
        for run in follow(runs, name, lambda line: click.echo(line, err=True)):
            if run.finished:
                click.echo(f"{screens.news(run)}: the dashboard went with its cluster", err=True)
    except RunIsGone as exc:
        click.echo(exc.message, err=True)
