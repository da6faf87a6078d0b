"""Where a flow runs: in this thread, in threads or processes of this machine, or on Dask."""

from flowlib.executors.base import Executor
from flowlib.executors.dask import DaskExecutor
from flowlib.executors.local import LocalExecutor
from flowlib.executors.local_dask import LocalDaskExecutor

__all__ = ["DaskExecutor", "Executor", "LocalDaskExecutor", "LocalExecutor"]
