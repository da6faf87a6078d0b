"""Carries out what the plan says."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flowrun_operator.api.reasons import Reason
from flowrun_operator.judge.refusals import refusal_reason
from flowrun_operator.observe.memory import Refusal
from flowrun_operator.observe.metadata import read_metadata
from flowrun_operator.perform.api import Api
from flowrun_operator.perform.errors import Conflict, NotFound, Refused
from flowrun_operator.perform.evidence import collect_evidence
from flowrun_operator.perform.kinds import RESOURCES
from flowrun_operator.perform.performed import Performed
from flowrun_operator.plan.actions import (
    Action,
    Collect,
    Create,
    Delete,
    Kind,
    Stage,
    Stop,
    Unblock,
)

#: What the API server answers where the object itself is malformed.
MALFORMED = frozenset({400, 422})


@dataclass(frozen=True)
class Gone:
    """There is no such object any more."""

    uid: str


async def perform(api: Api, stages: tuple[Stage, ...]) -> Performed:
    """Stage by stage, each side by side; a refusal ends it. Raises Unavailable and Conflict."""
    uids: dict[Kind, str] = {}
    refusals: list[Refusal] = []
    kept: list[str] = []
    gone: set[str] = set()
    for stage in stages:
        # All of a stage is waited for before any failure of it is raised: what was begun is known.
        outcomes = await asyncio.gather(
            *(_carry_out(api, action) for action in stage), return_exceptions=True
        )
        for action, outcome in zip(stage, outcomes, strict=True):
            match outcome:
                case BaseException():
                    raise outcome
                case Refusal():
                    refusals.append(outcome)
                case Gone():
                    gone.add(outcome.uid)
                case str() if isinstance(action, Create):
                    uids[action.kind] = outcome
                case str():
                    kept.append(outcome)
        if refusals:
            break
    actions = [action for stage in stages for action in stage]
    return Performed(
        uids=uids,
        refusals=tuple(refusals),
        created=any(isinstance(a, Create) for a in actions),
        gone=frozenset(gone),
        post_mortem=kept[-1] if kept else None,
        released=any(isinstance(a, Delete) and a.kind is Kind.DASK_CLUSTER for a in actions),
    )


async def _carry_out(api: Api, action: Action) -> str | Refusal | Gone | None:
    match action:
        case Create():
            return await _create(api, action)
        case Delete():
            return await _delete(api, action)
        case Stop():
            return await _stop(api, action)
        case Unblock():
            return await _unblock(api, action)
        case Collect():
            return await collect_evidence(api, action)


async def _create(api: Api, action: Create) -> str | Refusal:
    resource, meta = RESOURCES[action.kind], action.manifest["metadata"]
    try:
        made = await api.create(resource, meta["namespace"], action.manifest)
    except Refused as refused:
        reason = (
            Reason.INVALID_SPEC
            if refused.status in MALFORMED
            else refusal_reason(str(refused)) or Reason.FORBIDDEN
        )
        return Refusal(action.kind, action.name, reason, str(refused))
    except Conflict as conflict:
        return await _already_ours(api, action, conflict)
    return str(made["metadata"]["uid"])


async def _already_ours(api: Api, action: Create, conflict: Conflict) -> str | Refusal:
    """A create whose answer was lost, or that is repeated, has succeeded if the owner is ours."""
    meta = action.manifest["metadata"]
    try:
        body = await api.get(RESOURCES[action.kind], meta["namespace"], action.name)
    except NotFound:
        # Such as two creates that race for one quota: it was never made, so try again.
        raise conflict from None
    there = read_metadata(body)
    owner = next(o["uid"] for o in meta["ownerReferences"] if o.get("controller"))
    if there.owner_uid == owner or (there.owner_uid is None and _is_unadopted(action, body)):
        return there.uid
    words = f"{conflict} and does not belong to this FlowRun"
    return Refusal(action.kind, action.name, Reason.FORBIDDEN, words)


def _is_unadopted(action: Create, body: Mapping[str, Any]) -> bool:
    """dask-kubernetes makes the workers' group without an owner: a later handler adopts it."""
    if action.kind is not Kind.DASK_WORKER_GROUP:
        return False
    labels = body["metadata"].get("labels") or {}
    wanted: Mapping[str, str] = action.manifest["metadata"]["labels"]
    return wanted.items() <= labels.items()


async def _delete(api: Api, action: Delete) -> Gone | None:
    resource = RESOURCES[action.kind]
    try:
        uid = action.uid or await _owned_uid(api, action)
        if uid is None:
            return None
        options: dict[str, Any] = {
            "preconditions": {"uid": uid},
            "propagationPolicy": "Foreground" if action.foreground else "Background",
        }
        await api.delete(resource, action.namespace, action.name, options)
    except NotFound:
        return Gone(action.uid) if action.uid else None
    except Conflict:
        pass  # another object has its name by now, or it changes just now: it is looked at again
    return None


async def _owned_uid(api: Api, action: Delete) -> str | None:
    body = await api.get(RESOURCES[action.kind], action.namespace, action.name)
    there = read_metadata(body)
    return there.uid if there.owner_uid == action.owner_uid else None


async def _stop(api: Api, action: Stop) -> Gone | None:
    # The uid is a precondition: a pod of the same name that came later is left alone.
    patch = {"metadata": {"uid": action.uid}, "spec": {"activeDeadlineSeconds": 1}}
    try:
        await api.merge(RESOURCES[Kind.POD], action.namespace, action.name, patch)
    except NotFound:
        return Gone(action.uid)
    except Conflict:
        pass
    return None


async def _unblock(api: Api, action: Unblock) -> Gone | None:
    # Tested and removed in one request: a finalizer that came meanwhile is not ours to take off.
    patch: list[dict[str, Any]] = [
        {"op": "test", "path": "/metadata/uid", "value": action.uid},
        {"op": "test", "path": "/metadata/finalizers", "value": [action.finalizer]},
        {"op": "remove", "path": "/metadata/finalizers/0"},
    ]
    try:
        await api.json_patch(RESOURCES[action.kind], action.namespace, action.name, patch)
    except NotFound:
        return Gone(action.uid)
    except (Conflict, Refused):
        pass  # it has changed
    return None
