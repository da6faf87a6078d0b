"""The runner pod, in order: preflight, waiting, running, verdict."""

from flowlib.engine import graph
from flowlib.engine.flow_run import Options
from flowlib.engine.stop import Stop
from flowlib.engine.tally import Tally
from flowlib.runner.loading import InvalidFlow
from flowlib.runner.parameters import InvalidParameters
from flowlib.runner.preflight import prepare
from flowlib.runner.progress import Place, Progress, Stage
from flowlib.runner.server import serve
from flowlib.runner.settings import Settings
from flowlib.runner.termination import TerminationLog
from flowlib.runner.verdict import ExitCode, Outcome, Reason, Verdict
from flowlib.utilities.logging import get_logger

logger = get_logger("runner")


def run(settings: Settings, progress: Progress, log: TerminationLog, stop: Stop) -> ExitCode:
    """Runs the flow of this pod and writes the verdict."""
    logger.info("FlowRun %s: %s", settings.title, settings.entrypoint)
    serve(progress, settings.progress_port)
    verdict = _verdict(settings, progress, stop)
    progress.stage = Stage.FINISHED
    code = log.write(verdict)
    told = logger.error if verdict.outcome is Outcome.FAILED else logger.info
    told("%s: %s", verdict.reason or verdict.outcome, verdict.message)
    return code


def _verdict(settings: Settings, progress: Progress, stop: Stop) -> Verdict:
    try:
        flow, parameters = prepare(settings)
    except InvalidFlow as exc:
        return Verdict(Outcome.FAILED, Reason.INVALID_FLOW, exc.message)
    except InvalidParameters as exc:
        return Verdict(Outcome.FAILED, Reason.INVALID_PARAMETERS, exc.message)
    Tally(graph.nodes(flow), progress.observer)  # so many tasks, as far as is known before the run
    progress.loaded = True
    progress.stage = Stage.WAITING

    # Dask takes its time to import: not before it is known that there is something to run.
    from flowlib.runner.execution import execute
    from flowlib.runner.waiting import WaitingExecutor

    def connected(session: Place) -> None:
        progress.place = session
        if settings.dashboard_url:
            logger.info("The Dask dashboard is available at %s", settings.dashboard_url)

    def ready() -> None:
        progress.stage = Stage.RUNNING

    executor = WaitingExecutor(
        settings.scheduler_address, settings.min_ready_workers, connected, ready
    )
    options = Options(results=settings.results_url, keep_results=settings.keep_results)
    return execute(flow, parameters, executor, progress.observer, stop, options)
