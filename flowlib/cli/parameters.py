"""`-p name=value`: JSON where the value is JSON, else the text itself."""

import json
from typing import Any

import click


def parse(pairs: tuple[str, ...]) -> dict[str, Any]:
    """Raises click.UsageError for a pair without a name or given twice."""
    parameters: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise click.UsageError(f"-p {pair}: write -p NAME=VALUE, for example -p n=100")
        if name in parameters:
            raise click.UsageError(f"-p {pair}: parameter {name!r} is given twice")
        parameters[name] = value_of(value)
    return parameters


def value_of(text: str) -> Any:
    """The JSON value, or the text where it is none: ``3`` is a number, ``abc`` a string."""
    try:
        return json.loads(text, parse_constant=_not_json)
    except ValueError:
        return text


def _not_json(word: str) -> Any:
    """NaN and Infinity: Python's json reads them, no other reader of a FlowRun would."""
    raise ValueError(word)
