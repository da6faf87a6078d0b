"""docs/reference.md: what flowlib's public modules hold, by their docstrings.

``python3 -m hack.reference`` writes it anew.
"""

import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

PAGE = Path(__file__).parents[1] / "docs" / "reference.md"

MODULES = (
    "core.flow",
    "core.task_graph",
    "core.task",
    "core.parameter",
    "core.edge",
    "utilities.tasks",
    "utilities.edges",
    "core.apply_map",
    "tasks.control_flow.case",
    "tasks.control_flow.conditional",
    "tasks.control_flow.filter",
    "tasks.core.resource_manager",
    "tasks.core.operators",
    "tasks.secrets.base",
    "tasks.secrets.env_var",
    "tasks.shell",
    "triggers",
    "engine.signals",
    "engine.state",
    "engine.result.base",
    "engine.results.local_result",
    "engine.results.s3_result",
    "engine.results.gcs_result",
    "engine.results.azure_result",
    "engine.results.prefect_result",
    "engine.results.constant_result",
    "engine.results.secret_result",
    "engine.serializers",
    "engine.cache_validators",
    "executors.base",
    "executors.local",
    "executors.local_dask",
    "executors.dask",
    "schedules.schedules",
    "schedules.clocks",
    "schedules.filters",
    "schedules.adjustments",
    "client.secrets",
    "configuration",
    "utilities.configuration",
    "utilities.context",
    "utilities.logging",
    "utilities.debug",
    "utilities.notifications",
    "utilities.collections",
    "run_configs",
    "exceptions",
)

HEAD = """# flowlib, by its docstrings

Written by `make reference`. The paths are where things are defined; Prefect's import paths, under
`flowlib`, lead there. [Tutorial](tutorial.md) · [From Prefect 1](migration.md)
"""


def modules() -> Iterator[ModuleType]:
    importlib.import_module("flowlib.tasks")  # first: core makes tasks of values
    for name in MODULES:
        yield importlib.import_module(f"flowlib.{name}")


def members(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """The classes and functions that a module defines for others, in the order of its source."""
    found = [
        (name, value)
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__ == module.__name__
    ]
    yield from sorted(found, key=lambda its: inspect.getsourcelines(its[1])[1])


def methods(kind: type) -> Iterator[tuple[str, Any]]:
    """What a class defines itself and has a docstring for."""
    for name, value in vars(kind).items():
        function = value.fget if isinstance(value, property) else value
        if not name.startswith("_") and inspect.isfunction(function) and function.__doc__:
            yield name, value


def text(documented: Any) -> str:
    """A docstring as Markdown."""
    doc = inspect.cleandoc(documented.__doc__ or "")
    return re.sub(r"``(.+?)``", r"`\1`", doc)


def signature(function: Any) -> str:
    """The names and defaults of what it takes."""
    try:
        its = inspect.signature(function)
    except (TypeError, ValueError):
        return "(...)"
    parameters = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for name, parameter in its.parameters.items()
        if name != "self"
    ]
    plain = its.replace(parameters=parameters, return_annotation=inspect.Signature.empty)
    # Addresses would differ each time.
    text = re.sub(r"<function ([\w.]+) at 0x[0-9a-f]+>", r"\1", str(plain))
    return re.sub(r"<class '([\w.]+)'>", r"\1", text)


def page() -> str:
    parts = [HEAD]
    for module in modules():
        parts.append(f"## {module.__name__}\n{text(module)}\n")
        for name, value in members(module):
            takes = value.__init__ if inspect.isclass(value) else value
            own = not inspect.isclass(value) or "__init__" in vars(value)
            parts.append(f"### {name}{signature(takes) if own else ''}\n{text(value)}\n")
            if inspect.isclass(value):
                for method, function in methods(value):
                    called = "" if isinstance(function, property) else signature(function)
                    said = text(function).replace("\n\n", " ").replace("\n", " ")
                    parts.append(f"- `{method}{called}`: {said}")
                parts.append("")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(parts)).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
