"""Before anything is waited for: is there a flow, and do the parameters fit it?"""

import json
from typing import Any

from flowlib.core.flow import Flow
from flowlib.engine import graph
from flowlib.exceptions import InvalidGraph
from flowlib.runner.loading import InvalidFlow, load_flow
from flowlib.runner.parameters import InvalidParameters, check_parameters
from flowlib.runner.settings import Settings


def prepare(settings: Settings) -> tuple[Flow, dict[str, Any]]:
    """The flow and its parameters. Raises InvalidFlow and InvalidParameters."""
    flow = load_flow(settings.entrypoint, settings.source_dir)
    try:
        graph.nodes(flow)
    except InvalidGraph as exc:
        raise InvalidFlow(f"Flow {flow.name!r} cannot be run: {exc}.") from exc
    parameters = _parsed(settings.parameters)
    check_parameters(flow, parameters)
    return flow, parameters


def _parsed(text: str) -> dict[str, Any]:
    try:
        parameters = json.loads(text)
    except ValueError as exc:
        raise InvalidParameters(f"FLOWRUN_PARAMETERS is not JSON: {exc}.") from exc
    if not isinstance(parameters, dict):
        raise InvalidParameters("FLOWRUN_PARAMETERS is JSON, but not an object.")
    return parameters
