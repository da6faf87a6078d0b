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
from flowlib.engine.flow_run import Options
from flowlib.engine.progress import Observer
from flowlib.engine.stop import Stop
from flowlib.exceptions import InvalidGraph
from flowlib.executors import DaskExecutor
from flowlib.runner.execution import execute
from flowlib.runner.loading import InvalidFlow, load_flow
from flowlib.runner.parameters import InvalidParameters, check_parameters
from flowlib.runner.verdict import Outcome, Verdict

MANIFEST_SUFFIXES = {".yaml", ".yml", ".json"}
MOST_WORKERS = 4
CTRL_C = "Ctrl-C"
NAMES: dict[int, str] = {signal.SIGINT: CTRL_C, signal.SIGTERM: "SIGTERM"}


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
    stop = Stop()
    with ending_with_the_cluster(), as_in_the_pod(run) as source:
        flow = loaded(run, source)
        verdict = executed(flow, run, dashboard, stop)
    show(screens.ending(status_of(verdict)))
    raise SystemExit(exit_code(verdict, stop))


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


def executed(flow: Flow, run: LocalRun, dashboard: bool, stop: Stop) -> Verdict:
    """The flow, on a cluster of its own."""
    with embedded_cluster(run, dashboard) as cluster:
        if cluster.dashboard:
            click.echo(f"Dashboard: {cluster.dashboard}", err=True)
        observer = Observer()
        executor = DaskExecutor(address=cluster.address)
        with progress.shown(observer), stopping(stop, run.grace_period):
            kept = Options(results=run.results, keep_results=run.keep_results)
            return execute(flow, run.parameters, executor, observer, stop, kept)


def status_of(verdict: Verdict) -> dict[str, Any]:
    """The verdict as a FlowRun's status has it, cut where that would be cut."""
    told: dict[str, Any] = json.loads(verdict.to_json())
    return {**told, "phase": told["outcome"]}


def exit_code(verdict: Verdict, stop: Stop) -> int:
    """The verdict's, but that Ctrl-C has one of its own."""
    if verdict.outcome is Outcome.STOPPED and stop.by == CTRL_C:
        return Exit.INTERRUPTED
    return verdict.exit_code


@contextmanager
def stopping(stop: Stop, seconds: float) -> Iterator[None]:
    """The first Ctrl-C or SIGTERM lets running tasks end; the next one waits for nothing."""
    before = {number: signal.getsignal(number) for number in NAMES}

    def request(number: int, _frame: FrameType | None) -> None:
        for its, handler in before.items():
            signal.signal(its, handler)
        stop.request(NAMES[number], seconds)
        click.echo(
            f"{NAMES[number]}: running tasks have {seconds:.0f} s to end; again ends them at once.",
            err=True,
        )

    for number in NAMES:
        signal.signal(number, request)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


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
