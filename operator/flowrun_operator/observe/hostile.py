"""Words of a user's pod, made fit to be kept: bounded, and free of control characters.

Whoever runs code in a runner pod chooses these bytes; they end up in status, in Events, in logs
and on terminals.
"""

import json
import unicodedata
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

RESULT_BYTES = 512
FAILED_TASKS = 5
LARGEST_INTEGER = 2**63 - 1  # the API server stores no larger one
_KEPT = frozenset("\n\t")


def clean(text: str) -> str:
    """The text without control, format and surrogate characters; line breaks and tabs stay."""
    return "".join(
        c for c in text if c in _KEPT or unicodedata.category(c) not in {"Cc", "Cf", "Cs"}
    )


def cut(text: str, limit: int) -> str:
    """At most so many characters, the last one telling that something was cut."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _fit(limit: int) -> AfterValidator:
    return AfterValidator(lambda text: cut(clean(text), limit))


#: Strings that are cleaned, and cut rather than refused for their length.
Name = Annotated[str, _fit(256)]
ShortText = Annotated[str, _fit(200)]
LongText = Annotated[str, _fit(1024)]


class Hostile(BaseModel):
    """A value out of a user's pod: no type is coerced, what is not known is let go."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


Count = Annotated[int, Field(ge=0, le=10**12)]


class TaskCounts(Hostile):
    """Tasks by state."""

    total: Count = 0
    pending: Count = 0
    running: Count = 0
    succeeded: Count = 0
    failed: Count = 0
    skipped: Count = 0


class WorkerCount(Hostile):
    """Workers that the scheduler knows."""

    ready: Annotated[int, Field(ge=0, le=100_000)] = 0


class WorkerUsage(Hostile):
    """What the workers used, as their scheduler was told."""

    worker_seconds: Annotated[
        float, Field(alias="workerSeconds", ge=0, le=10**12, allow_inf_nan=False)
    ]
    peak_memory_bytes: Annotated[int, Field(alias="peakMemoryBytes", ge=0, le=10**18)]


class TaskFailure(Hostile):
    """A task that failed."""

    name: Name
    message: ShortText = ""


def clean_result(value: Any) -> Any:
    """The value if the API server can keep it: JSON of at most 512 bytes; else None."""
    try:
        kept = _clean_value(value)
        size = len(json.dumps(kept, allow_nan=False).encode())
    except ValueError:
        return None
    return kept if size <= RESULT_BYTES else None


def _clean_value(value: Any) -> Any:
    match value:
        case str():
            return clean(value)
        case list():
            return [_clean_value(item) for item in value]
        case dict():
            return {clean(str(key)): _clean_value(item) for key, item in value.items()}
        case bool() | None:
            return value
        case int() if abs(value) > LARGEST_INTEGER:
            raise ValueError("an integer that the API server cannot keep")
        case _:
            return value
