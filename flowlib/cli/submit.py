"""`flowrun submit`: a FlowRun from a manifest, and the creator in a CronJob's pods.

A creator that is killed and started anew must not run the flow twice. So the run has the
Job's name, and carries the Job's uid; whoever finds both waits for that run.
"""

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any, NoReturn

import click

from flowlib.cli import kube, manifest, options, parameters, screens
from flowlib.cli.exits import AlreadyExists, CliError, Exit
from flowlib.cli.follow import Watched, follow
from flowlib.cli.output import show
from flowlib.cli.seen import EXIT_OF_PHASE, SeenRun

JOB_NAME_VARIABLE = "FLOWRUN_JOB_NAME"
JOB_UID_VARIABLE = "FLOWRUN_JOB_UID"
#: On the FlowRun: uid of the Job whose pod created it.
ANNOTATION_JOB = "flowrun.dev/created-by-job"


@dataclass(frozen=True)
class Job:
    """The Job whose pod this process runs in, as the downward API tells it."""

    name: str
    uid: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Job | None":
        name, uid = environment.get(JOB_NAME_VARIABLE), environment.get(JOB_UID_VARIABLE)
        return cls(name, uid) if name and uid else None


def compose(
    written: manifest.Manifest,
    name: str | None,
    namespace: str,
    overrides: Mapping[str, Any],
    job: Job | None,
) -> dict[str, Any]:
    """The object to create: the manifest, under its final name, with -p's values on top."""
    body = {**written.body, "metadata": {**written.metadata, "namespace": namespace}}
    if name:
        body["metadata"].pop("generateName", None)
        body["metadata"]["name"] = name
    if not body["metadata"].get("name") and not body["metadata"].get("generateName"):
        raise CliError(f"{written.origin}: no metadata.name", "Give --name, or write one.")
    if job:
        annotations = {**(written.metadata.get("annotations") or {}), ANNOTATION_JOB: job.uid}
        body["metadata"]["annotations"] = annotations
    if overrides:
        given = written.spec.get("parameters") or {}
        body["spec"] = {**written.spec, "parameters": {**given, **overrides}}
    return body


def scheduled_name(job: Job | None) -> str:
    """The Job's name: `<cronjob>-<unix minutes>`, one for each tick."""
    if job is None:
        raise CliError(
            f"--name-from-schedule: {JOB_NAME_VARIABLE} and {JOB_UID_VARIABLE} are not set",
            "In the CronJob's container, set them by the downward API from the pod's labels\n"
            "batch.kubernetes.io/job-name and batch.kubernetes.io/controller-uid, as\n"
            "crds/examples/nightly-cronjob.yaml does. Elsewhere give --name.",
        )
    return job.name


def namespace_of(written: manifest.Manifest, option: str | None, default: str) -> str:
    """As kubectl: an option that contradicts the manifest is an error."""
    inside = written.metadata.get("namespace")
    if inside and option and inside != option:
        raise CliError(
            f"{written.at(('metadata', 'namespace'))}: namespace {inside!r}, but -n says {option!r}"
        )
    return option or inside or default


def belongs_to(run: SeenRun, job: Job | None) -> bool:
    """Whether this Job created the run, in an earlier pod of its own."""
    return job is not None and run.annotations.get(ANNOTATION_JOB) == job.uid


@click.command("submit")
@click.argument("path", metavar="[MANIFEST]", required=False)
@click.option("--from-file", metavar="FILE", help="The same as MANIFEST; - is standard input.")
@click.option("--name", metavar="NAME", help="Instead of the manifest's metadata.name.")
@click.option(
    "--name-from-schedule",
    is_flag=True,
    help=f"Name the run after the Job of this pod ({JOB_NAME_VARIABLE}, {JOB_UID_VARIABLE}).",
)
@options.cluster
@click.option("--wait", is_flag=True, help="Wait for the end; exit 0, 3 or 4 as it ends.")
@options.parameter
def command(
    path: str | None,
    from_file: str | None,
    name: str | None,
    name_from_schedule: bool,
    namespace: str | None,
    context: str | None,
    kubeconfig: str | None,
    wait: bool,
    pairs: tuple[str, ...],
) -> None:
    """Create a FlowRun from a manifest.

    MANIFEST is a YAML file that holds one FlowRun; - is standard input. With --wait, exit 0
    when it Succeeded, 3 when it Failed, 4 when it was Cancelled or deleted.
    Stopping the wait (Ctrl-C, SIGTERM) leaves the run alone.
    """
    if (path is None) == (from_file is None):
        raise click.UsageError("give one manifest: MANIFEST or --from-file FILE")
    if name and name_from_schedule:
        raise click.UsageError("--name and --name-from-schedule exclude each other")
    overrides = parameters.parse(pairs)
    job = Job.from_environment(os.environ)
    if name_from_schedule:
        name = scheduled_name(job)
    written = manifest.load(path or from_file or "")
    connection = kube.connect(kubeconfig, context)
    runs = kube.FlowRuns(connection.api, namespace_of(written, namespace, connection.namespace))
    body = compose(written, name, runs.namespace, overrides, job)
    if not wait:
        create(runs, body, job)
        return
    with leaving_the_run_alone():
        raise SystemExit(wait_for(runs, create(runs, body, job)))


def create(runs: kube.FlowRuns, body: dict[str, Any], job: Job | None) -> str:
    """Its name, once it exists; the run that an earlier pod of this Job made is as good."""
    try:
        run = SeenRun(runs.create(body))
    except AlreadyExists as exc:
        run = SeenRun(runs.get(body["metadata"]["name"]))
        if not belongs_to(run, job):
            raise AlreadyExists(
                f"FlowRun {run.namespace}/{run.name} exists already, and something else made it",
                "Give another --name, or delete that run first: "
                f"kubectl delete fr {run.name} -n {run.namespace}",
            ) from exc
        show(f"flowrun.flowrun.dev/{run.name} exists: this Job made it")
    else:
        show(f"flowrun.flowrun.dev/{run.name} created")
    return run.name


def wait_for(runs: Watched, name: str) -> Exit:
    """Prints what changes until the run has ended, and then how."""
    before = None
    for run in follow(runs, name, lambda line: click.echo(line, err=True)):
        if (run.phase, run.reason) != before and not run.finished:
            show(screens.news(run))
        before = (run.phase, run.reason)
    show(screens.ending(run.status))
    return EXIT_OF_PHASE[run.phase]


@contextmanager
def leaving_the_run_alone() -> Iterator[None]:
    """Ctrl-C and SIGTERM end the wait, each with the exit code that shells give them.

    SIGTERM needs a handler: the first process of a container would not even notice it.
    """
    before = signal.signal(signal.SIGTERM, _stopped)
    try:
        yield
    except KeyboardInterrupt:
        click.echo("Stopped waiting; a run that was created goes on.", err=True)
        raise SystemExit(Exit.INTERRUPTED) from None
    finally:
        signal.signal(signal.SIGTERM, before)


def _stopped(_number: int, _frame: FrameType | None) -> NoReturn:
    click.echo("SIGTERM: stopped waiting; a run that was created goes on.", err=True)
    raise SystemExit(Exit.TERMINATED)
