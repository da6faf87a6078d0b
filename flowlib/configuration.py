"""Settings: defaults, and over them the environment's ``FLOWLIB__SECTION__KEY``."""

import ast
import os
from collections.abc import Iterator, Mapping
from typing import Any

PREFIX = "FLOWLIB__"

DEFAULTS: dict[str, Any] = {
    "home_dir": "~/.flowlib",
    "flows": {"eager_edge_validation": False, "checkpointing": False, "run_on_schedule": True},
    "tasks": {"defaults": {"max_retries": 0, "retry_delay": None, "timeout": None}},
    "engine": {
        "executor": {
            "default_class": "flowlib.executors.LocalExecutor",
            "dask": {"address": "", "cluster_class": "distributed.LocalCluster"},
        }
    },
    "logging": {
        "level": "INFO",
        "format": "[%(asctime)s] %(levelname)s - %(name)s | %(message)s",
        "datefmt": "%Y-%m-%d %H:%M:%S%z",
        "mapped_children": False,
    },
}


class Section:
    """A group of settings, read and set as attributes or items."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        for key, value in values.items():
            setattr(self, key, Section(value) if isinstance(value, Mapping) else value)

    def __getitem__(self, key: str) -> Any:
        if key not in vars(self):
            raise KeyError(key)
        return getattr(self, key)

    def __contains__(self, key: object) -> bool:
        return key in vars(self)

    def __iter__(self) -> Iterator[str]:
        return iter(vars(self))

    def __getattr__(self, key: str) -> Any:
        raise AttributeError(f"no setting {key!r} here; there are {', '.join(vars(self))}")

    def get(self, key: str, default: Any = None) -> Any:
        return vars(self).get(key, default)

    def to_dict(self) -> dict[str, Any]:
        return {k: v.to_dict() if isinstance(v, Section) else v for k, v in vars(self).items()}


def load(environment: Mapping[str, str]) -> Section:
    """The settings that an environment makes: names are lower-cased, Python literals are parsed."""
    config = Section(DEFAULTS)
    for name, text in environment.items():
        if not name.startswith(PREFIX):
            continue
        *path, key = name.removeprefix(PREFIX).lower().split("__")
        section = config
        for part in path:
            inner = section.get(part)
            if not isinstance(inner, Section):
                inner = Section({})
                setattr(section, part, inner)
            section = inner
        setattr(section, key, _parse(text))
    return config


def _parse(text: str) -> Any:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


config = load(os.environ)
