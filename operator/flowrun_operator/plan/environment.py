"""What may stand in a spec's environment variables, parameters and commands."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from flowrun_operator.api import FlowRun, Problem
from flowrun_operator.plan.runner_pod import parameters_json

#: One variable's value may have 128 KiB on Linux; the runner's others are far smaller.
LARGEST_PARAMETERS = 96 * 1024

#: Variables of docs/contract.md and of dask-kubernetes.
RESERVED = frozenset(
    {"DASK_SCHEDULER_ADDRESS", "DASK_WORKER_NAME", "DASK_DISTRIBUTED__SCHEDULER__HTTP__ROUTES"}
)
RESERVED_PREFIX = "FLOWRUN_"

#: $(NAME) in the password's place is a reference to a variable, which may come from a Secret.
#: Linear on any input: whoever creates FlowRuns chooses what it is run on.
CREDENTIALS = re.compile(r"://[^\s/?#@:]*:(?!\$\([^)@/]*\)@)[^\s/?#@]+@")

#: Nobody's parameters; what is deeper would be an end of Python's stack for somebody below.
DEEPEST = 64


def reserved(variable: str) -> bool:
    """Whether the variable is the operator's own."""
    return variable in RESERVED or variable.startswith(RESERVED_PREFIX)


def deeper_than(levels: int, value: Any) -> bool:
    """Without recursion: this is asked before anything that recurses."""
    level = [value]
    for _ in range(levels):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return False
    return True


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def reserved_variables(run: FlowRun) -> Iterator[Problem]:
    """spec.env may add variables and override defaults, not what the operator says."""
    for variable in run.spec.env or ():
        if reserved(variable.name):
            yield Problem(f"spec.env[{variable.name}]", "is a variable of the operator's own")
        elif variable.name == "PYTHONPATH" and run.spec.flow.source and variable.value_from:
            yield Problem(
                "spec.env[PYTHONPATH].valueFrom",
                "must be a value where flow.source is set: the source's folder is put before it",
            )


def parameters_too_large(run: FlowRun) -> Iterator[Problem]:
    """They reach the runner in one environment variable."""
    size = len(parameters_json(run.spec.parameters).encode())
    if size > LARGEST_PARAMETERS:
        yield Problem(
            "spec.parameters",
            f"are {size:,} bytes of JSON, at most {LARGEST_PARAMETERS:,} are possible: "
            "put data into storage and pass its address",
        )


def passwords(run: FlowRun) -> Iterator[Problem]:
    """Whoever may read FlowRuns or pods would read them: they belong into a Secret."""
    for variable in run.spec.env or ():
        yield from passwords_in(variable.value, f"spec.env[{variable.name}].value")
    yield from passwords_in(run.spec.parameters, "spec.parameters")
    if run.spec.results is not None:
        yield from passwords_in(run.spec.results.location, "spec.results.location")


def passwords_in(value: Any, path: str) -> Iterator[Problem]:
    """Every string below path that holds a URL with user:password@. Never says the password."""
    if isinstance(value, str):
        if CREDENTIALS.search(value):
            yield Problem(
                path, "holds a URL with user:password@; take it from a Secret (valueFrom, envFrom)"
            )
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from passwords_in(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            name = inner.get("name", place) if isinstance(inner, dict) else place
            yield from passwords_in(inner, f"{path}[{name}]")
