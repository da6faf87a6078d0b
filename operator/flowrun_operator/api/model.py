"""The base of every API model: camelCase outside, snake_case inside, frozen, nothing unknown."""

from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Model(BaseModel):
    """A value of the API.

    ``extra="forbid"`` backs up the API server, which refuses unknown fields by name already.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
    )

    def to_json(self) -> dict[str, Any]:
        """The JSON object the API server stores: by alias, without what is absent."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)
