"""Fresh looks: where an index, which lags, is not enough."""

import re
from typing import Any

from flowrun_operator.observe.key import RunKey
from flowrun_operator.perform.api import Api, Body
from flowrun_operator.perform.errors import NotFound
from flowrun_operator.perform.kinds import EVENTS, RESOURCES
from flowrun_operator.plan.actions import Kind

#: Words of the kubelet's Events about volumes; the last of them is the one that tells.
VOLUME_EVENTS = frozenset({"FailedMount", "FailedAttachVolume"})

#: A kubelet that has not yet heard of a ConfigMap or a Secret says "failed to sync configmap
#: cache: timed out waiting for the condition": that tells of the node, not of the object.
_CACHE_LAGS = re.compile(r"failed to sync \w+ cache")


async def find(api: Api, kind: Kind, namespace: str, name: str) -> Body | None:
    """The object as it is now, or None."""
    try:
        return await api.get(RESOURCES[kind], namespace, name)
    except NotFound:
        return None


async def find_run(api: Api, key: RunKey) -> Body | None:
    """The FlowRun as it is now; None where it is gone, or another one has its name."""
    body = await find(api, Kind.FLOW_RUN, key.namespace, key.name)
    return body if body is not None and body["metadata"]["uid"] == key.uid else None


async def mount_failure(api: Api, namespace: str, pod_uid: str) -> str:
    """The kubelet's words on a volume that cannot be mounted: they show only in Events."""
    query = {"fieldSelector": f"involvedObject.uid={pod_uid},type=Warning", "limit": "20"}
    events: list[dict[str, Any]] = await api.page(EVENTS, namespace, query)
    failures = [
        (str(event.get("lastTimestamp") or event.get("eventTime") or ""), message)
        for event in events
        if event.get("reason") in VOLUME_EVENTS
        and not _CACHE_LAGS.search(message := str(event.get("message") or ""))
    ]
    return max(failures)[1] if failures else ""
