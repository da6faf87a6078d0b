"""Flows in files, by cloudpickle."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from flowlib.configuration import config

if TYPE_CHECKING:
    from flowlib.core.flow import Flow


def default_path(name: str) -> Path:
    """``<home_dir>/flows/<name in lower case, with dashes>.prefect``"""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return Path(config.home_dir).expanduser() / "flows" / f"{slug}.prefect"


def save(flow: "Flow", fpath: str | Path | None) -> str:
    """Writes the flow, and answers where."""
    import cloudpickle  # not needed to declare a flow

    path = Path(fpath) if fpath is not None else default_path(flow.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cloudpickle.dumps(flow))
    return str(path)


def load(fpath: str | Path) -> "Flow":
    """The flow in a file, or of this name in the default place.

    Raises FileNotFoundError, and TypeError where the file holds something else. As any pickle,
    the file can run code: load only what you trust.
    """
    import cloudpickle

    from flowlib.core.flow import Flow  # it has this module's functions

    path = Path(fpath)
    if not path.is_file():
        path = default_path(str(fpath))
    if not path.is_file():
        raise FileNotFoundError(f"There is no flow at {fpath}, nor at {path}.")
    flow = cloudpickle.loads(path.read_bytes())
    if not isinstance(flow, Flow):
        raise TypeError(f"{path} holds no flow, but {flow!r}.")
    return flow
