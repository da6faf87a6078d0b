"""The FlowRun operator: one FlowRun becomes one Dask cluster, one runner pod and one story."""
