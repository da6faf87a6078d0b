"""Whether the given parameters fit the flow's, before anything is paid for."""

import difflib
import json
from collections.abc import Mapping
from typing import Any

from flowlib.core.flow import Flow
from flowlib.core.parameter import DateTimeParameter, Parameter


class InvalidParameters(Exception):
    """What is wrong with the given parameters, in a sentence that names each."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def check_parameters(flow: Flow, parameters: Mapping[str, Any]) -> None:
    """InvalidParameters names every parameter that is missing, unknown or of a wrong type."""
    known = {parameter.name: parameter for parameter in flow.parameters()}
    faults = [
        *(_missing(name) for name, p in sorted(known.items()) if _is_missing(p, parameters)),
        *(_unknown(name, known) for name in parameters if name not in known),
        *(
            fault
            for name, value in parameters.items()
            if name in known and (fault := _ill_typed(known[name], value))
        ),
    ]
    if faults:
        raise InvalidParameters(f"Flow {flow.name!r}: {'; '.join(faults)}.")


def _is_missing(parameter: Parameter, given: Mapping[str, Any]) -> bool:
    return parameter.required and parameter.name not in given


def _missing(name: str) -> str:
    return f"parameter {name!r} is required and not given"


def _unknown(name: str, known: Mapping[str, Parameter]) -> str:
    if close := difflib.get_close_matches(name, known, n=1):
        return f"there is no parameter {name!r} (did you mean {close[0]!r}?)"
    there = ", ".join(map(repr, sorted(known))) or "none"
    return f"there is no parameter {name!r} (there are: {there})"


def _ill_typed(parameter: Parameter, value: Any) -> str | None:
    name = parameter.name
    try:
        json.dumps(value)
    except (TypeError, ValueError) as exc:
        return f"parameter {name!r} is not JSON: {exc}"
    if isinstance(parameter, DateTimeParameter):
        try:
            parameter.cast(value)
        except (TypeError, ValueError, AttributeError) as exc:
            return f"parameter {name!r} is not a point in time: {value!r} ({exc})"
        return None
    wanted, given = json_type(parameter.default), json_type(value)
    if wanted is None or given == wanted or (wanted, given) == ("number", "integer"):
        return None
    return f"parameter {name!r} must be {wanted}, as its default is, not {given or 'null'}"


def json_type(value: Any) -> str | None:
    """JSON's name for the type; None for null, which any type may stand for."""
    match value:
        case None:
            return None
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list() | tuple():
            return "array"
        case dict():
            return "object"
    return None
