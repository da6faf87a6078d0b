"""`flowrun run`: a FlowRun manifest or a flow file on this machine, without Kubernetes."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import click

from flowlib.cli import manifest, options, parameters, progress, screens
from flowlib.cli.embedded import as_in_the_pod, embedded_cluster
from flowlib.cli.exits import CliError, Exit
from flowlib.cli.local import LocalRun, localized
from flowlib.cli.output import show
from flowlib.core.flow import Flow
from flowlib.engine import graph
from flowlib.engine.progress import Observer
from flowlib.exceptions import InvalidGraph
from flowlib.executors import DaskExecutor
from flowlib.runner.execution import execute
from flowlib.runner.loading import InvalidFlow, load_flow
from flowlib.runner.parameters import InvalidParameters, check_parameters
from flowlib.runner.verdict import Verdict

MANIFEST_SUFFIXES = {".yaml", ".yml", ".json"}
MOST_WORKERS = 4


@click.command("run")
@click.argument("file", metavar="FILE_OR_MANIFEST")
@options.parameter
@click.option(
    "--workers",
    type=click.IntRange(1),
    help=f"Worker processes. Default: the manifest's, else a CPU each, at most {MOST_WORKERS}.",
)
@click.option("--dashboard/--no-dashboard", default=True, show_default=True)
def command(file: str, pairs: tuple[str, ...], workers: int | None, dashboard: bool) -> None:
    """Run a flow here, on a Dask cluster of this machine's processes.

    FILE_OR_MANIFEST is a FlowRun manifest (.yaml), or a flow file: path.py, or path.py:attr where
    it holds several flows. Exit codes: 0 Succeeded, 2 nothing ran (the flow or a parameter is
    wrong), 3 Failed, 1 a fault of flowlib.
    """
    overrides = parameters.parse(pairs)
    run = described(file, os.environ)
    run = replace(run, workers=workers or run.workers, parameters={**run.parameters, **overrides})
    if run.ignored:
        click.echo(f"Not heeded here, only in the cluster: {', '.join(run.ignored)}", err=True)
    with ending_with_the_cluster(), as_in_the_pod(run) as source:
        flow = loaded(run, source)
        verdict = executed(flow, run, dashboard)
    show(screens.ending(status_of(verdict)))
    raise SystemExit(int(verdict.exit_code))


def described(file: str, environment: Any) -> LocalRun:
    """What to run, from a manifest or a flow file."""
    place = file.partition(":")[0]
    if Path(file).suffix in MANIFEST_SUFFIXES or file == "-":
        return localized(manifest.load(file), environment)
    if not place.endswith(".py"):
        raise CliError(
            f"{file}: neither a FlowRun manifest (.yaml) nor a flow file (.py, .py:attr)"
        )
    return LocalRun(entrypoint=file, workers=min(MOST_WORKERS, os.cpu_count() or 1))


def loaded(run: LocalRun, source: str | None) -> Flow:
    """The flow, its parameters checked, before a worker is started."""
    try:
        flow = load_flow(run.entrypoint, source)
        graph.nodes(flow)
        check_parameters(flow, run.parameters)
    except InvalidFlow as exc:
        # An inline file is known to the user by its name, not by where it lies for the moment.
        message = exc.message.replace(f"{source}{os.sep}", "") if source else exc.message
        raise CliError(f"InvalidFlow: {message}") from exc
    except InvalidGraph as exc:
        raise CliError(f"InvalidFlow: {run.entrypoint} cannot be run: {exc}") from exc
    except InvalidParameters as exc:
        raise CliError(f"InvalidParameters: {exc.message}") from exc
    return flow


def executed(flow: Flow, run: LocalRun, dashboard: bool) -> Verdict:
    """The flow, on a cluster of its own."""
    with embedded_cluster(run, dashboard) as cluster:
        if cluster.dashboard:
            click.echo(f"Dashboard: {cluster.dashboard}", err=True)
        observer = Observer()
        with progress.shown(observer):
            return execute(flow, run.parameters, DaskExecutor(address=cluster.address), observer)


def status_of(verdict: Verdict) -> dict[str, Any]:
    """The verdict as a FlowRun's status has it, cut where that would be cut."""
    told: dict[str, Any] = json.loads(verdict.to_json())
    return {**told, "phase": told["outcome"]}


@contextmanager
def ending_with_the_cluster() -> Iterator[None]:
    """Ctrl-C and SIGTERM end the run and its processes; 130 and 143 say so."""
    before = signal.signal(signal.SIGTERM, _stopped)
    try:
        yield
    except KeyboardInterrupt:
        click.echo("Stopped.", err=True)
        raise SystemExit(Exit.INTERRUPTED) from None
    finally:
        signal.signal(signal.SIGTERM, before)


def _stopped(_number: int, _frame: FrameType | None) -> NoReturn:
    click.echo("Stopped by SIGTERM.", err=True)
    raise SystemExit(Exit.TERMINATED)
