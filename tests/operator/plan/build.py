"""FlowRuns as the API server gives them; a test says only what it is about."""

from typing import Any

from flowrun_operator.api import FlowRun, Problem
from flowrun_operator.plan.children import problems
from flowrun_operator.settings import Settings

SETTINGS = Settings(runtime_image="flowrun-runtime:1", operator_namespace="flowrun-system")
UID = "3f9c2a1b-0000-4000-8000-000000000001"


def a_run(name: str = "diamond", uid: str = UID, **spec: Any) -> FlowRun:
    """A FlowRun with this spec; its flow is in the image unless the spec says otherwise."""
    return FlowRun.from_json(
        {
            "metadata": {
                "name": name,
                "namespace": "data",
                "uid": uid,
                "creationTimestamp": "2026-11-22T05:00:00Z",
            },
            "spec": {"flow": {"entrypoint": "flows.diamond:flow"}, **spec},
        }
    )


def with_template(template: dict[str, Any], where: str = "runner", **spec: Any) -> FlowRun:
    """A FlowRun whose runner, scheduler or worker has this podTemplate."""
    part = {where: {"podTemplate": template}}
    return a_run(**spec, **(part if where == "runner" else {"cluster": part}))


def paths(run: FlowRun, settings: Settings = SETTINGS) -> list[str]:
    """Where the spec's problems are."""
    return [problem.path for problem in problems(run, settings)]


def said(run: FlowRun, settings: Settings = SETTINGS) -> tuple[Problem, ...]:
    """The spec's problems."""
    return problems(run, settings)
