"""Submodules as attributes: ``flowlib.engine.results`` without importing it by name."""

import importlib
from collections.abc import Callable
from typing import Any

from flowlib import gone


def submodules(package: str, *names: str) -> Callable[[str], Any]:
    """A module's ``__getattr__`` that imports these when they are first asked for."""

    def get(name: str) -> Any:
        if name in names:
            return importlib.import_module(f"{package}.{name}")
        if (error := gone.missing(f"{package}.{name}".removeprefix("flowlib."))) is not None:
            raise error
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return get
