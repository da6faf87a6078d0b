"""A pydantic model's JSON Schema, rewritten into the subset of OpenAPI that a CRD takes."""

from typing import Any

from pydantic import BaseModel

Schema = dict[str, Any]


def structural_schema(model: type[BaseModel]) -> Schema:
    """The model's schema in the subset of OpenAPI that a CRD takes."""
    schema = model.model_json_schema(by_alias=True)
    return _structural(schema, schema.get("$defs", {}))


def _structural(schema: Schema, definitions: Schema) -> Schema:
    if "$ref" in schema:
        target = definitions[schema["$ref"].rpartition("/")[2]]
        outside = {key: value for key, value in schema.items() if key != "$ref"}
        return _structural({**target, **outside}, definitions)
    if "anyOf" in schema:
        return _structural(_one_of_them(schema), definitions)

    kept = {
        key: value
        for key, value in schema.items()
        # An absent field and a null are one and the same: the API server prunes nulls.
        if key not in ("title", "$defs", "additionalProperties")
        and not (key == "default" and value is None)
    }
    if "properties" in kept:
        kept["properties"] = {
            name: _structural(inner, definitions) for name, inner in kept["properties"].items()
        }
    if "items" in kept:
        kept["items"] = _structural(kept["items"], definitions)
    match schema.get("additionalProperties"):
        case True:
            kept["x-kubernetes-preserve-unknown-fields"] = True
        case dict(values):
            kept["additionalProperties"] = _structural(values, definitions)
    if "type" not in kept and "x-kubernetes-int-or-string" not in kept:  # any JSON, null as well
        kept |= {"x-kubernetes-preserve-unknown-fields": True, "nullable": True}
    return kept


def _one_of_them(schema: Schema) -> Schema:
    """`X | None` is X, `int | str` is Kubernetes' own word for it. Nothing else is a union here."""
    outside = {key: value for key, value in schema.items() if key != "anyOf"}
    options = [option for option in schema["anyOf"] if option != {"type": "null"}]
    if len(options) == 1:
        return {**options[0], **outside}
    integer, string = options
    if (integer["type"], string["type"]) != ("integer", "string"):
        raise ValueError(f"a CRD has no such union: {schema['anyOf']}")
    limits = {key: value for key, value in string.items() if key != "type"}
    return {"x-kubernetes-int-or-string": True, **limits, **outside}
