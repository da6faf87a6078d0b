"""One flow run, from declared to verdict. The runner pod and ``flowrun run`` share it."""

from collections.abc import Mapping
from typing import Any

from flowlib.core.flow import Flow
from flowlib.engine.progress import Observer
from flowlib.executors.protocol import Executor
from flowlib.runner.verdict import Verdict


def execute(
    flow: Flow, parameters: Mapping[str, Any], executor: Executor, observer: Observer
) -> Verdict:
    """Runs the flow on this executor, whatever executor or schedule it brings itself.

    The observer can be read from other threads meanwhile. Raises nothing that a flow can cause
    but SystemExit and KeyboardInterrupt.
    """
    raise NotImplementedError
