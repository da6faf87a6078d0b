"""What Prefect 1 had for its Server and Cloud and for services, and what to use instead."""

import sys
from collections.abc import Sequence
from typing import Any

_KUBERNETES = (
    "create a FlowRun object (or `flowrun submit`), which the operator runs; `kubectl get flowrun` "
    "and the `flowrun` command show what became of it"
)
_RUNNERS = (
    "flow.run() runs a flow, and task.run() calls a task's body; state handlers see each change"
)
_SERVICES = "write a @task that uses that service's own client"
#: By path below flowlib.
REPLACEMENTS = {
    "Client": _KUBERNETES,
    "agent": "the FlowRun operator starts runs; there is no agent",
    "api": _KUBERNETES,
    "artifacts": "write to a Result or to the log",
    "backend": _KUBERNETES,
    "client.Client": _KUBERNETES,
    "engine.cloud": "the FlowRun operator runs flows",
    "engine.executors": "use flowlib.executors",
    "engine.FlowRunner": _RUNNERS,
    "engine.TaskRunner": _RUNNERS,
    "engine.flow_runner": _RUNNERS,
    "engine.task_runner": _RUNNERS,
    "environments": "set Flow(executor=...), or spec.cluster of a FlowRun",
    "plugins": "use flowlib's own settings",
    "tasks.prefect": _KUBERNETES,
    "serialization": "use flow.save() and Flow.load(), or a FlowRun that names the flow's file",
}
#: Methods of Flow.
METHODS = {
    "diagnostics": "print flow.sorted_tasks(), or draw it by flow.visualize()",
    "run_agent": "the FlowRun operator starts runs; there is no agent",
    "serialize": "use flow.save(), or a FlowRun that names the flow's file",
    "serialized_hash": "a FlowRun's status names the image that ran",
}


def explained(path: str, replacement: str) -> str:
    """The message of an error."""
    return f"flowlib has no {path}: {replacement}."


def missing(path: str) -> ImportError | None:
    """The error for this path below flowlib, if it is one that Prefect had."""
    replacement = REPLACEMENTS.get(path)
    if replacement is None:
        return None
    return ModuleNotFoundError(explained(f"flowlib.{path}", replacement), name=f"flowlib.{path}")


class Finder:
    """Explains the import of a module that is gone; asked only when nobody else finds it."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: Any = None) -> None:
        if not name.startswith("flowlib."):
            return
        if (error := missing(name.removeprefix("flowlib."))) is not None:
            raise error
        if name.startswith("flowlib.tasks."):
            # Without its name, by which `from flowlib.tasks import ...` would leave it out.
            raise ModuleNotFoundError(explained(name, _SERVICES))


def install() -> None:
    """Has imports of what is gone explained."""
    if Finder not in sys.meta_path:
        sys.meta_path.append(Finder)
