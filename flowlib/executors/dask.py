"""DaskExecutor: on a Dask cluster that is there already, or on one made for the run."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowlib.configuration import config
from flowlib.executors.base import Executor
from flowlib.executors.defaults import imported
from flowlib.executors.submitted import Submitted
from flowlib.utilities.logging import get_logger

if TYPE_CHECKING:
    from flowlib.executors.dask_session import DaskSession

logger = get_logger("DaskExecutor")


class DaskExecutor(Executor):
    """With an address it connects; else it makes a cluster for each run and closes it after.

    * address: of a scheduler (``tcp://``, ``tls://``), or the path of its scheduler file. Default
      ``engine.executor.dask.address`` of the settings.
    * cluster_class: a class, a function, or the dotted path of one; cluster_kwargs are its
      arguments. Default ``engine.executor.dask.cluster_class``, a LocalCluster.
    * adapt_kwargs: passed to the cluster's ``adapt``, where they are given.
    * client_kwargs: passed to Dask's Client; ``security`` is a Security or a dict of what one is
      made of (``tls_ca_file``, ``tls_client_cert``, ``tls_client_key``).
    * debug: a LocalCluster logs warnings, too. Default ``debug`` of the settings.
    * performance_report_path: takes Dask's report of each run.
    * watch_worker_status: whether ``on_worker_status_changed`` is called. Default: if the cluster
      is not adaptive.
    * disable_cancellation_event: taken and not needed; a run that is left begins nothing more.

    Raises ValueError for an address together with cluster_class or cluster_kwargs.
    """

    def __init__(
        self,
        address: str | None = None,
        cluster_class: str | Callable[..., Any] | None = None,
        cluster_kwargs: Mapping[str, Any] | None = None,
        adapt_kwargs: Mapping[str, Any] | None = None,
        client_kwargs: Mapping[str, Any] | None = None,
        debug: bool | None = None,
        performance_report_path: str | None = None,
        disable_cancellation_event: bool = False,
        watch_worker_status: bool | None = None,
    ) -> None:
        client_kwargs = dict(client_kwargs or {})
        # A cluster that was asked for goes before the address in the settings.
        makes = cluster_class is not None or cluster_kwargs is not None
        if address is None and not makes:
            address = client_kwargs.pop("scheduler_file", None)
        self.address = address or (None if makes else config.engine.executor.dask.address) or None
        self.debug = bool(config.debug if debug is None else debug)
        self.client_kwargs = {"set_as_default": False, **client_kwargs}
        self.performance_report_path = performance_report_path
        self.disable_cancellation_event = disable_cancellation_event
        self.adapt_kwargs = dict(adapt_kwargs or {})
        self.watch_worker_status = (
            not self.adapt_kwargs if watch_worker_status is None else watch_worker_status
        )
        #: Dask's client while a flow runs.
        self.client: Any = None
        self._submitted: Submitted | None = None
        self.cluster_class: Callable[..., Any] | None = None
        self.cluster_kwargs: dict[str, Any] | None = None
        if self.address is not None:
            if makes:
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

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "client": None, "_submitted": None}

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
            place = self._place(stack)
            self.client = client = stack.enter_context(distributed.Client(**place))
            self._submitted = Submitted(client)
            stack.callback(self._end, client)
            if self.performance_report_path:
                stack.enter_context(client.as_current())
                stack.enter_context(
                    distributed.performance_report(filename=self.performance_report_path)
                )
            if self.watch_worker_status and self._listens:
                from flowlib.executors import worker_status

                stack.enter_context(worker_status.told(client, self.on_worker_status_changed))
            yield stack.enter_context(
                DaskSession(
                    client,
                    adaptive=bool(self.adapt_kwargs),
                    temporary=self.cluster_class is not None,
                )
            )

    def _end(self, client: Any) -> None:
        # A cluster of other processes takes what runs there along.
        shared = self.cluster_class is None or client.scheduler.address.startswith("inproc://")
        if self._submitted is not None:
            self._submitted.end(waits=shared)
        self.client = self._submitted = None

    def submit(
        self, fn: Any, *args: Any, extra_context: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> Any:
        """Has it called on the cluster: a Dask future. Raises RuntimeError outside of ``start``."""
        return self._open.submit(fn, args, extra_context, kwargs)

    def wait(self, futures: Any) -> Any:
        """The results in place of futures, also in collections."""
        return self._open.wait(futures)

    @property
    def _open(self) -> Submitted:
        if self._submitted is None:
            raise RuntimeError("A DaskExecutor is submitted to inside `with executor.start():`.")
        return self._submitted

    def _place(self, stack: ExitStack) -> dict[str, Any]:
        """The client's arguments that say where the cluster is, and all others."""
        if self.cluster_class is None:
            logger.info("Connecting to an existing Dask cluster at %s", self.address)
            address = str(self.address)
            is_file = address.endswith(".json") or ("://" not in address and Path(address).exists())
            return {"scheduler_file" if is_file else "address": address, **self.client_kwargs}
        logger.info("Creating a new Dask cluster with `%s`...", self._cluster_name())
        cluster = stack.enter_context(self.cluster_class(**(self.cluster_kwargs or {})))
        if link := getattr(cluster, "dashboard_link", None):
            logger.info("The Dask dashboard is available at %s", link)
        if self.adapt_kwargs:
            cluster.adapt(**self.adapt_kwargs)
        return {"address": cluster, **self.client_kwargs}

    @property
    def _listens(self) -> bool:
        """Somebody wants to know of workers: a subclass, or who reads the log."""
        mine = type(self).on_worker_status_changed is DaskExecutor.on_worker_status_changed
        return not mine or logger.isEnabledFor(logging.DEBUG)

    async def on_worker_status_changed(self, op: str, message: Any) -> None:
        """Called with "add" and the workers that came, or "remove" and the address of one.

        To be overridden; here it writes to the log, for debugging.
        """
        if op == "add":
            for address in message["workers"]:
                logger.debug("Worker %s added", address)
        elif op == "remove":
            logger.debug("Worker %s removed", message)

    @property
    def performance_report(self) -> str:
        """Dask's report of the last run as HTML, or nothing. Never raises."""
        try:
            return Path(self.performance_report_path or "").read_text()
        except (OSError, ValueError):
            return ""


def _class(given: str | Callable[..., Any] | None) -> Callable[..., Any]:
    given = given or config.engine.executor.dask.cluster_class
    made: Callable[..., Any] = imported(given) if isinstance(given, str) else given
    return made
