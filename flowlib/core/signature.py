"""What a task's run takes: checked when the task is made, and bound when it is called."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, get_type_hints

RESERVED = ("upstream_tasks", "mapped", "task_args", "flow")

EXTRAS = tuple(
    inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default)
    for name, default in (
        ("mapped", False),
        ("task_args", None),
        ("upstream_tasks", None),
        ("flow", None),
    )
)


def check(run: Callable[..., Any]) -> None:
    """Refuses a run that cannot be called by keywords, or takes what task calls take."""
    try:
        signature = inspect.signature(run)
    except ValueError as exc:
        raise ValueError(
            f"The signature of {run!r} cannot be read (a builtin?). Wrap it in a function."
        ) from exc
    for parameter in signature.parameters.values():
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            raise ValueError(
                "Tasks with variable positional arguments (*args) are not supported, because all "
                "arguments are passed by name. Use keywords, or take one list."
            )
        if parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
            raise TypeError(
                f"Argument {parameter.name!r} is positional-only, but all arguments are passed "
                "by name."
            )
    if reserved := [name for name in RESERVED if name in signature.parameters]:
        raise ValueError(
            f"Tasks cannot have arguments named {', '.join(reserved)}: calls of a task take "
            f"{', '.join(RESERVED)} themselves."
        )


def bound(run: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments by name; TypeError where run cannot take them."""
    signature = inspect.signature(run)
    arguments = dict(signature.bind(*args, **kwargs).arguments)
    for parameter in signature.parameters.values():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            arguments.update(arguments.pop(parameter.name, {}))
    return arguments


def bound_partly(run: Callable[..., Any], key: str) -> None:
    """TypeError if run has no argument of that name."""
    inspect.signature(run).bind_partial(**{key: None})


def first_without(run: Callable[..., Any], given: Mapping[str, Any]) -> str:
    """The first argument of run that is not given. TypeError if there is none."""
    for name, parameter in inspect.signature(run).parameters.items():
        if name not in given and parameter.kind is not inspect.Parameter.VAR_KEYWORD:
            return name
    raise TypeError(f"{run!r} takes no argument besides {', '.join(given) or 'none'}.")


def inputs(run: Callable[..., Any]) -> dict[str, dict[str, Any]]:
    """The arguments of run, each with its type, its default, and whether it must be given."""
    hints = _hints(run)
    return {
        name: {
            "type": hints.get(name, Any),
            "default": None
            if (bare := parameter.default is parameter.empty)
            else parameter.default,
            "required": bare and parameter.kind is not inspect.Parameter.VAR_KEYWORD,
        }
        for name, parameter in inspect.signature(run).parameters.items()
    }


def outputs(run: Callable[..., Any]) -> Any:
    """What run is annotated to return, or Any."""
    return _hints(run).get("return", Any)


def _hints(run: Callable[..., Any]) -> dict[str, Any]:
    try:
        return get_type_hints(run)
    except (NameError, TypeError, AttributeError):
        return dict(getattr(run, "__annotations__", {}))  # a name that is not there at run time


def with_extras(run: Callable[..., Any]) -> inspect.Signature:
    """run's signature as calls of the task have it."""
    signature = inspect.signature(run)
    parameters = list(signature.parameters.values())
    kinds = [parameter.kind for parameter in parameters]
    # A **kwargs stays last.
    at = len(parameters) - (inspect.Parameter.VAR_KEYWORD in kinds)
    return signature.replace(parameters=[*parameters[:at], *EXTRAS, *parameters[at:]])
