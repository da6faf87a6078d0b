"""The executor of a run that names none, as the configuration says."""

import importlib
import warnings
from typing import Any

from flowlib.configuration import config
from flowlib.executors.local import LocalExecutor
from flowlib.executors.protocol import Executor


def default_executor() -> Executor:
    """``engine.executor.default_class``; a class that cannot be imported becomes LocalExecutor."""
    path = config.engine.executor.default_class
    try:
        return imported(path)()  # type: ignore[no-any-return]  # a class by its name
    except (ImportError, AttributeError) as exc:
        warnings.warn(
            f"The default executor {path!r} cannot be imported ({exc}): LocalExecutor runs the "
            "flow.",
            stacklevel=2,
        )
        return LocalExecutor()


def imported(path: str) -> Any:
    """The object at a dotted path; ``prefect.`` is flowlib's."""
    if path.startswith("prefect."):
        path = "flowlib." + path.removeprefix("prefect.")
    module, _, name = path.rpartition(".")
    if not module:
        raise ImportError(f"{path!r} is no dotted path")
    return getattr(importlib.import_module(module), name)
