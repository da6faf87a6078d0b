"""The FlowRun object itself, and the words of its API: group, version, kind, labels."""

from datetime import datetime
from typing import Any

from pydantic import ConfigDict, Field

from flowrun_operator.api.model import Model
from flowrun_operator.api.spec import FlowRunSpec
from flowrun_operator.api.status import FlowRunStatus

GROUP = "flowrun.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"
KIND = "FlowRun"
PLURAL = "flowruns"

LABEL_UID = f"{GROUP}/uid"
LABEL_NAME = f"{GROUP}/name"
LABEL_ATTEMPT = f"{GROUP}/attempt"
LABEL_COMPONENT = f"{GROUP}/component"


class ObjectMeta(Model):
    """The fields of metadata that are read here; the rest is let go."""

    model_config = ConfigDict(extra="ignore")

    name: str
    namespace: str
    uid: str
    resource_version: str = ""
    generation: int = 1
    creation_timestamp: datetime
    deletion_timestamp: datetime | None = None


class FlowRun(Model):
    """One run of one flow."""

    model_config = ConfigDict(extra="ignore")

    metadata: ObjectMeta
    spec: FlowRunSpec
    status: FlowRunStatus = Field(default_factory=FlowRunStatus)

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> "FlowRun":
        """Reads an object of the API server. Raises pydantic.ValidationError."""
        return cls.model_validate(body)
