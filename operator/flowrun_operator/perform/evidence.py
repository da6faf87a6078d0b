"""Hears the witnesses of a failed attempt and keeps what they say.

Nothing here may hold up the end of a run: what cannot be read is told as such, and where the bundle
is refused, by a full quota say, there is none.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from flowrun_operator.perform.api import Api
from flowrun_operator.perform.errors import ApiError, Conflict, Refused
from flowrun_operator.perform.kinds import EVENTS, RESOURCES
from flowrun_operator.plan.actions import Collect, Kind, Witness
from flowrun_operator.plan.post_mortem import LARGEST_LOG, Evidence, filled

logger = logging.getLogger(__name__)

LINES = 500
EVENTS_OF_A_POD = 30
SECONDS = 10.0


async def collect_evidence(api: Api, bundle: Collect) -> str:
    """The name of the ConfigMap, or "" where it was refused. Raises Unavailable."""
    namespace = bundle.manifest["metadata"]["namespace"]
    evidence = await _evidence(api, namespace, bundle)
    try:
        await api.create(RESOURCES[Kind.CONFIG_MAP], namespace, filled(bundle, evidence))
    except Conflict:
        return bundle.name  # made before, by an operator that could not write so any more
    except Refused as error:
        logger.warning("no post-mortem bundle %s/%s: %s", namespace, bundle.name, error)
        return ""
    return bundle.name


async def _evidence(api: Api, namespace: str, bundle: Collect) -> Evidence:
    heard = await asyncio.gather(
        *(_hear(api, namespace, witness, logs=bundle.logs) for witness in bundle.witnesses)
    )
    pods = [witness.pod for witness in bundle.witnesses]
    return Evidence(
        logs={pod: log for pod, (log, _, _) in zip(pods, heard, strict=True)},
        statuses={pod: status for pod, (_, status, _) in zip(pods, heard, strict=True)},
        events=tuple(line for _, _, lines in heard for line in lines),
    )


async def _hear(
    api: Api, namespace: str, witness: Witness, *, logs: bool
) -> tuple[str, Any, list[str]]:
    try:
        async with asyncio.timeout(SECONDS):
            status = await _status(api, namespace, witness)
            events = await _events(api, namespace, witness)
            log = await _log(api, namespace, witness) if logs else ""
    except TimeoutError:
        return f"not heard within {SECONDS:g} s", {}, []
    return log, status, events


async def _status(api: Api, namespace: str, witness: Witness) -> Any:
    try:
        body = await api.get(RESOURCES[Kind.POD], namespace, witness.pod)
    except ApiError as error:
        return {"error": str(error)}
    return body.get("status") or {}


async def _events(api: Api, namespace: str, witness: Witness) -> list[str]:
    query = {"fieldSelector": f"involvedObject.uid={witness.uid}", "limit": str(EVENTS_OF_A_POD)}
    try:
        found = await api.page(EVENTS, namespace, query)
    except ApiError as error:
        return [f"{witness.pod}: {error}"]
    return [_in_words(witness, event) for event in found]


def _in_words(witness: Witness, event: Mapping[str, Any]) -> str:
    when = event.get("lastTimestamp") or event.get("eventTime") or "?"
    return f"{when} {witness.pod}: {event.get('reason')}: {event.get('message')}"


async def _log(api: Api, namespace: str, witness: Witness) -> str:
    """The log, after that of the container's life before, which is the one that crashed."""
    before = await _tail(api, namespace, witness, previous=True) if witness.died else ""
    now = await _tail(api, namespace, witness, previous=False)
    return f"{before}\n--- restarted ---\n{now}" if before else now


async def _tail(api: Api, namespace: str, witness: Witness, *, previous: bool) -> str:
    query = {
        "container": witness.component,
        "tailLines": str(LINES),
        "limitBytes": str(LARGEST_LOG),
        "previous": str(previous).lower(),
    }
    try:
        return await api.log(namespace, witness.pod, query)
    except ApiError as error:
        return f"the log cannot be read: {error}"
