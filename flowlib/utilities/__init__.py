"""Prefect's import paths: context, logging, tasks, edges."""
