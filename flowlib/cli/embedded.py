"""A Dask cluster of this machine's processes, and this process made ready as a runner pod is."""

import os
import socket
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flowlib.cli.local import LocalRun

DASHBOARD_PORT = 8787
#: A terminal sends Ctrl-C to every process of a command; only the first is to act on it.
IGNORE_CTRL_C = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"


@dataclass(frozen=True)
class EmbeddedCluster:
    """Where the scheduler listens, and its dashboard's address where there is one."""

    address: str
    dashboard: str | None


@contextmanager
def as_in_the_pod(run: LocalRun) -> Iterator[str | None]:
    """Sets the variables, and writes inline files into a folder on the path; gives that folder.

    The workers are children of this process and get both from it.
    """
    before_environment, before_path = dict(os.environ), list(sys.path)
    with tempfile.TemporaryDirectory(prefix="flowrun-") as folder:
        os.environ.update(run.env)
        source = folder if run.files else None
        if source:
            for name, text in run.files.items():
                Path(folder, name).write_text(text, "utf-8")
            known = [os.environ["PYTHONPATH"]] if os.environ.get("PYTHONPATH") else []
            os.environ["PYTHONPATH"] = os.pathsep.join([source, *known])
        # `python -m flowlib.runner` finds modules in its working directory; a script does not.
        sys.path[:0] = [source or os.getcwd()]
        try:
            yield source
        finally:
            os.environ.clear()
            os.environ.update(before_environment)
            sys.path[:] = before_path


@contextmanager
def embedded_cluster(run: LocalRun, dashboard: bool) -> Iterator[EmbeddedCluster]:
    """As many worker processes as the run asks for; they end with the block.

    The dashboard has port 8787, as Dask's users know it, or a free one where that is taken.
    """
    from distributed import LocalCluster

    with warnings.catch_warnings():
        # Taken since it was tried a moment ago: Dask takes another, and the link says which.
        warnings.filterwarnings("ignore", message=r"Port \d+ is already in use")
        cluster = LocalCluster(
            n_workers=run.workers,
            threads_per_worker=run.threads,
            memory_limit=run.memory_limit,
            processes=True,
            # None would still mean an HTTP server on 8787, for health and metrics.
            dashboard_address=f"127.0.0.1:{_dashboard_port() if dashboard else 0}",
            scheduler_kwargs={"dashboard": dashboard},
            preload=[IGNORE_CTRL_C],
        )
    with cluster:
        yield EmbeddedCluster(
            cluster.scheduler_address, cluster.dashboard_link if dashboard else None
        )


def _dashboard_port() -> int:
    try:
        with socket.create_server(("127.0.0.1", DASHBOARD_PORT)):
            return DASHBOARD_PORT
    except OSError:
        return 0
