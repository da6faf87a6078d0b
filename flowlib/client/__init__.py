"""Prefect's import path for secrets; there is no server, and no client of one."""

from typing import Any

from flowlib import gone
from flowlib.client.secrets import Secret

__all__ = ["Secret"]


def __getattr__(name: str) -> Any:
    raise gone.missing(f"client.{name}") or AttributeError(
        f"module {__name__!r} has no attribute {name!r}"
    )
