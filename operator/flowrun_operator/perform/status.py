"""The one write of a turn."""

from flowrun_operator.api.flowrun import API_VERSION, KIND, FlowRun
from flowrun_operator.api.status import FlowRunStatus
from flowrun_operator.perform.api import Api, Body
from flowrun_operator.perform.kinds import RESOURCES
from flowrun_operator.plan.actions import Kind


async def write_status(api: Api, run: FlowRun, status: FlowRunStatus) -> Body:
    """Raises Conflict where the FlowRun has changed since it was read, or is another one."""
    meta = run.metadata
    body = {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {
            "name": meta.name,
            "namespace": meta.namespace,
            "uid": meta.uid,
            "resourceVersion": meta.resource_version,
        },
        "spec": run.spec.to_json(),  # validated, and not stored: this is the status subresource
        "status": status.to_json(),
    }
    return await api.replace_status(RESOURCES[Kind.FLOW_RUN], meta.namespace, meta.name, body)
