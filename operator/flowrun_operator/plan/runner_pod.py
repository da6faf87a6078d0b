"""The pod that runs the flow: docs/contract.md, this side of it."""

import json
from typing import Any

from flowrun_operator.api import FlowRun
from flowrun_operator.plan.manifest import Manifest, metadata
from flowrun_operator.plan.names import PROGRESS_PORT, names
from flowrun_operator.plan.pod import Template, pod_template
from flowrun_operator.plan.source import SOURCE_DIR
from flowrun_operator.settings import Settings

CONTAINER = "runner"
TERMINATION_LOG = "/dev/termination-log"


def runner_pod(
    run: FlowRun, settings: Settings, attempt: int, cluster: str | None = None
) -> Manifest:
    """Runs once: whether there is another attempt is not the kubelet's to decide."""
    template = runner_template(run, settings, attempt, cluster).merged()
    ours = metadata(run, names(run, attempt).runner_pod, "runner", attempt)
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {**template["metadata"], **ours, "labels": template["metadata"]["labels"]},
        "spec": template["spec"],
    }


def runner_template(
    run: FlowRun, settings: Settings, attempt: int, cluster: str | None = None
) -> Template:
    """The runner's pod template before the merge; names() says what ``cluster`` is."""
    runner = run.spec.runner
    template = pod_template(
        run,
        settings,
        attempt,
        component="runner",
        container={
            "name": CONTAINER,
            "command": ["python", "-m", "flowlib.runner"],
            "env": _environment(run, attempt, cluster),
            "ports": [{"name": "progress", "containerPort": PROGRESS_PORT}],
            "terminationMessagePath": TERMINATION_LOG,
            # The verdict or nothing: the log's tail would not parse.
            "terminationMessagePolicy": "File",
        },
        tmp_size="2Gi",
        resources=runner.resources if runner else None,
    )
    pod = template["spec"]
    pod["restartPolicy"] = "Never"
    pod["terminationGracePeriodSeconds"] = run.spec.grace_period_seconds
    if run.spec.service_account_name is not None:
        pod["serviceAccountName"] = run.spec.service_account_name
        pod["automountServiceAccountToken"] = True
    return Template(
        path="spec.runner.podTemplate",
        container=CONTAINER,
        ours=template,
        theirs=(runner.pod_template if runner else None) or {},
    )


def parameters_json(parameters: dict[str, Any]) -> str:
    """What the runner reads from FLOWRUN_PARAMETERS."""
    return json.dumps(parameters, ensure_ascii=False, separators=(",", ":"))


def _environment(run: FlowRun, attempt: int, cluster: str | None) -> list[Manifest]:
    called = names(run, attempt, cluster)
    values = {
        "FLOWRUN_NAME": run.metadata.name,
        "FLOWRUN_NAMESPACE": run.metadata.namespace,
        "FLOWRUN_ATTEMPT": str(attempt),
        "FLOWRUN_ENTRYPOINT": run.spec.flow.entrypoint,
        "FLOWRUN_PARAMETERS": parameters_json(run.spec.parameters),
        "FLOWRUN_SCHEDULER_ADDRESS": called.scheduler_address,
        "FLOWRUN_DASHBOARD_URL": called.dashboard_url,
        "FLOWRUN_MIN_READY_WORKERS": str(run.spec.cluster.workers_to_wait_for),
        "FLOWRUN_GRACE_PERIOD_SECONDS": str(run.spec.grace_period_seconds),
        "FLOWRUN_PROGRESS_PORT": str(PROGRESS_PORT),
        "FLOWRUN_TERMINATION_LOG": TERMINATION_LOG,
    }
    if run.spec.flow.source is not None:
        values["FLOWRUN_SOURCE_DIR"] = SOURCE_DIR
    if run.spec.results is not None and called.results_url is not None:
        values["FLOWRUN_RESULTS_URL"] = called.results_url
        values["FLOWRUN_KEEP_RESULTS"] = "true" if run.spec.results.keep else "false"
    # The kubelet expands $(NAME) in values: $$ is its word for a plain $.
    return [{"name": name, "value": value.replace("$", "$$")} for name, value in values.items()]
