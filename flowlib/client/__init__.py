"""Prefect's import path for secrets; there is no server, and no client of one."""

from flowlib.client.secrets import Secret

__all__ = ["Secret"]
