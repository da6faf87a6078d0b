"""Where a flow runs: in this thread, or on Dask."""
