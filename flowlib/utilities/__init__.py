"""Prefect's import paths: context, logging, tasks, edges, settings and the like."""

from flowlib.reachable import submodules

__getattr__ = submodules(
    __name__,
    "collections",
    "configuration",
    "context",
    "debug",
    "edges",
    "logging",
    "notifications",
    "tasks",
)
