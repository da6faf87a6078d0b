"""The key of a run: what the queue holds, and what a child's labels lead back to."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from flowrun_operator.api.flowrun import LABEL_NAME, LABEL_UID


class RunKey(NamedTuple):
    """One FlowRun, told apart from a later one of the same name by its uid."""

    namespace: str
    name: str
    uid: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


def of_run(body: Mapping[str, Any]) -> RunKey:
    """The key of a FlowRun as the API server stores it."""
    meta = body["metadata"]
    return RunKey(meta["namespace"], meta["name"], meta["uid"])


def of_child(body: Mapping[str, Any]) -> RunKey | None:
    """The run that an object's labels name, or None. Labels say whom to ask, not who owns."""
    meta = body["metadata"]
    labels = meta.get("labels") or {}
    uid, name = labels.get(LABEL_UID), labels.get(LABEL_NAME)
    if not uid or not name:
        return None
    return RunKey(meta["namespace"], name, uid)
