"""DaskExecutor: on a Dask cluster that is there already, or on one made for the run."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowlib.configuration import config
from flowlib.executors.defaults import imported
from flowlib.utilities.logging import get_logger

if TYPE_CHECKING:
    from flowlib.executors.dask_session import DaskSession

logger = get_logger("DaskExecutor")


class DaskExecutor:
    """With an address it connects; else it makes a cluster for each run and closes it after.

    cluster_class is a class, a function, or the dotted path of one. adapt_kwargs are passed to the
    cluster's ``adapt``. performance_report_path takes Dask's report of each run.
    """

    def __init__(
        self,
        address: str | None = None,
        cluster_class: str | Callable[..., Any] | None = None,
        cluster_kwargs: Mapping[str, Any] | None = None,
        adapt_kwargs: Mapping[str, Any] | None = None,
        client_kwargs: Mapping[str, Any] | None = None,
        debug: bool = False,
        performance_report_path: str | None = None,
    ) -> None:
        self.address = address or config.engine.executor.dask.address or None
        self.debug = debug
        self.client_kwargs = {"set_as_default": False, **(client_kwargs or {})}
        self.performance_report_path = performance_report_path
        self.adapt_kwargs = dict(adapt_kwargs or {})
        self.cluster_class: Callable[..., Any] | None = None
        self.cluster_kwargs: dict[str, Any] | None = None
        if self.address is not None:
            if cluster_class is not None or cluster_kwargs is not None:
                raise ValueError(
                    "Cannot specify `address` and `cluster_class`/`cluster_kwargs`: a cluster is "
                    "either there already or made for the run."
                )
        else:
            self.cluster_class = _class(cluster_class)
            self.cluster_kwargs = {**self._cluster_defaults(), **(cluster_kwargs or {})}

    def _cluster_defaults(self) -> dict[str, Any]:
        from distributed import LocalCluster

        if self.cluster_class is not LocalCluster:
            return {}
        return {"silence_logs": logging.WARNING if self.debug else logging.CRITICAL}

    def __repr__(self) -> str:
        return f"<Executor: DaskExecutor, {self.address or self._cluster_name()}>"

    def _cluster_name(self) -> str:
        made = self.cluster_class
        return f"{getattr(made, '__module__', '')}.{getattr(made, '__qualname__', repr(made))}"

    @contextmanager
    def start(self) -> Iterator["DaskSession"]:
        """Connects, and makes the cluster first where there is none; both end with the run."""
        import distributed

        from flowlib.executors.dask_session import DaskSession

        with ExitStack() as stack:
            if self.cluster_class is None:
                logger.info("Connecting to an existing Dask cluster at %s", self.address)
                place: Any = self.address
            else:
                logger.info("Creating a new Dask cluster with `%s`...", self._cluster_name())
                place = stack.enter_context(self.cluster_class(**(self.cluster_kwargs or {})))
                if link := getattr(place, "dashboard_link", None):
                    logger.info("The Dask dashboard is available at %s", link)
                if self.adapt_kwargs:
                    place.adapt(**self.adapt_kwargs)
            client = stack.enter_context(distributed.Client(place, **self.client_kwargs))
            if self.performance_report_path:
                stack.enter_context(client.as_current())
                stack.enter_context(
                    distributed.performance_report(filename=self.performance_report_path)
                )
            yield stack.enter_context(DaskSession(client, adaptive=bool(self.adapt_kwargs)))

    @property
    def performance_report(self) -> str:
        """Dask's report of the last run as HTML, or nothing."""
        path = Path(self.performance_report_path or "")
        return path.read_text() if path.is_file() else ""


def _class(given: str | Callable[..., Any] | None) -> Callable[..., Any]:
    given = given or config.engine.executor.dask.cluster_class
    made: Callable[..., Any] = imported(given) if isinstance(given, str) else given
    return made
