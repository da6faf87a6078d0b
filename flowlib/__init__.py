"""Prefect 1's public API for flows on Dask."""
