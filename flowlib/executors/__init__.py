"""Where a flow runs: in this thread, or on Dask."""

from flowlib.executors.dask import DaskExecutor
from flowlib.executors.local import LocalExecutor
from flowlib.executors.protocol import Executor

__all__ = ["DaskExecutor", "Executor", "LocalExecutor"]
