"""Settings for a while."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from flowlib.configuration import Section, config


@contextmanager
def set_temporary_config(temp_config: Mapping[str, Any]) -> Iterator[Section]:
    """``with set_temporary_config({"flows.checkpointing": True}):`` sets, and restores."""
    before = vars(config).copy()
    # Copies are changed: whoever holds a section sees it as it was.
    for name in {path.split(".")[0] for path in temp_config}:
        section = config.get(name)
        if isinstance(section, Section):
            setattr(config, name, section.copy())
    try:
        for path, value in temp_config.items():
            config.set_nested(path, value)
        yield config
    finally:
        vars(config).clear()
        vars(config).update(before)
