"""The generated CRD: what the API server asks of a CRD, and what we ask of ours."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from flowrun_operator.api import FlowRun, FlowRunSpec, FlowRunStatus, crd
from flowrun_operator.api.structural import structural_schema

Schema = dict[str, Any]

DEFINITION = crd.definition()
VERSION = DEFINITION["spec"]["versions"][0]
ROOT = VERSION["schema"]["openAPIV3Schema"]
SPEC = ROOT["properties"]["spec"]
IMMUTABLE = [r for r in SPEC["x-kubernetes-validations"] if r["message"] == "is immutable"]


def nodes(schema: Schema, path: str = "") -> Iterator[tuple[str, Schema]]:
    """Every schema below this one, with its path."""
    yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from nodes(inner, f"{path}.{name}")
    if "items" in schema:
        yield from nodes(schema["items"], f"{path}[]")
    if "additionalProperties" in schema:
        yield from nodes(schema["additionalProperties"], f"{path}{{}}")


EVERY = dict(nodes(ROOT))


def test_files_are_what_the_models_say() -> None:
    stale = [path.name for path, text in crd.files().items() if path.read_text() != text]
    assert stale == [], "make crd"


def test_check_sees_a_stale_file(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(crd, "FOLDER", tmp_path / "crds")
    (tmp_path / "crds").mkdir()

    assert crd.main([]) == 0
    assert crd.main(["--check"]) == 0
    (tmp_path / "crds/flowrun.yaml").write_text("old")
    assert crd.main(["--check"]) == 1
    assert "crds/flowrun.yaml is stale" in capsys.readouterr().err


def test_crd_stays_small() -> None:
    assert len(yaml.safe_dump(DEFINITION).encode()) < 100_000


def test_schema_is_structural() -> None:
    for path, schema in EVERY.items():
        assert not schema.keys() & {"$ref", "$defs", "anyOf", "oneOf", "allOf", "title"}, path
        assert schema.keys() & {
            "type",
            "x-kubernetes-int-or-string",
            "x-kubernetes-preserve-unknown-fields",
        }, path
        assert not ("properties" in schema and "additionalProperties" in schema), path


def test_every_field_is_explained() -> None:
    fields = [
        f"{path}.{name}"
        for path, schema in EVERY.items()
        if path.startswith((".spec", ".status"))
        for name, inner in schema.get("properties", {}).items()
        if not inner.get("description")
    ]
    assert fields == []


def test_everything_in_spec_has_a_maximum() -> None:
    """Or the API server's estimate of what the rules cost is that of a whole request."""
    maximum = {"string": "maxLength", "array": "maxItems"}
    endless = [
        path
        for path, schema in nodes(SPEC, "spec")
        if (maximum.get(schema.get("type", "")) not in {None, *schema} and "enum" not in schema)
        or ("additionalProperties" in schema and "maxProperties" not in schema)
    ]
    assert endless == []


def test_every_field_of_spec_is_immutable_but_for_what_may_change_during_a_run() -> None:
    held = {rule["fieldPath"].split(".")[1] for rule in IMMUTABLE}
    assert held == SPEC["properties"].keys() - {
        "suspend",
        "cancel",
        "cleanupPolicy",
        "ttlSecondsAfterFinished",
    }


def test_rules_of_fields_that_hold_models_cover_all_of_their_fields() -> None:
    held = {rule["fieldPath"] for rule in IMMUTABLE}
    for name in ("flow", "runner", "cluster"):
        for inner in SPEC["properties"][name]["properties"]:
            assert f".{name}.{inner}" in held


def test_the_policy_holds_every_field_that_preserves_what_is_unknown() -> None:
    free = {
        path.removeprefix("spec.")
        for path, schema in nodes(SPEC, "spec")
        if schema.get("x-kubernetes-preserve-unknown-fields")
    }
    assert free == set(crd.OPAQUE)


def test_columns_show_fields_that_exist() -> None:
    for column in VERSION["additionalPrinterColumns"]:
        assert column["jsonPath"] in EVERY or column["jsonPath"].startswith(".metadata."), column


def test_columns_of_get_and_of_wide() -> None:
    columns = [(c["name"].upper(), c["priority"]) for c in VERSION["additionalPrinterColumns"]]
    assert [name for name, priority in columns if priority == 0] == [
        "PHASE",
        "WORKERS",
        "TASKS",
        "DASHBOARD",
        "DURATION",
        "AGE",
    ]
    assert [name for name, priority in columns if priority] == ["REASON", "CLUSTER", "RUNNER"]


@pytest.mark.parametrize(
    ("path", "key"),
    [
        (".spec.env", "name"),
        (".spec.imagePullSecrets", "name"),
        (".status.conditions", "type"),
        (".status.attempts", "number"),
    ],
)
def test_lists_whose_items_have_an_identity_are_maps(path: str, key: str) -> None:
    assert EVERY[path]["x-kubernetes-list-type"] == "map"
    assert EVERY[path]["x-kubernetes-list-map-keys"] == [key]
    assert key in EVERY[f"{path}[]"]["required"]


def test_defaults_are_the_models_defaults() -> None:
    run = FlowRunSpec.model_validate({"flow": {"entrypoint": "a"}})
    assert SPEC["properties"]["cluster"]["default"] == {}
    assert SPEC["properties"]["parameters"]["default"] == run.parameters
    for name, field in SPEC["properties"]["cluster"]["properties"].items():
        assert field.get("default") == run.cluster.to_json().get(name)


def test_a_result_may_be_any_json_even_null() -> None:
    assert EVERY[".status.result"]["nullable"] is True
    assert EVERY[".status.result"]["x-kubernetes-preserve-unknown-fields"] is True


def test_a_union_that_no_crd_can_hold_is_refused() -> None:
    class Torn(FlowRunStatus):
        either: bool | str = False

    with pytest.raises(ValueError, match="no such union"):
        structural_schema(Torn)


def test_models_read_what_the_schema_shows() -> None:
    """A FlowRun with every field of spec, by the schema's own names."""
    example = _example(SPEC)
    example["flow"]["source"].pop("configMap")
    for source in (example["env"][0]["valueFrom"], example["envFrom"][0]):
        source.pop("configMapKeyRef", None)
        source.pop("configMapRef", None)
    metadata = {
        "name": "a",
        "namespace": "b",
        "uid": "c",
        "creationTimestamp": "2026-11-22T05:00:00Z",
    }

    run = FlowRun.from_json({"metadata": metadata, "spec": example})

    assert run.spec.to_json() == example


EXAMPLES = {
    "entrypoint": "a.b:c",
    "name": "n",
    "memoryLimit": "1GiB",
    "location": "s3://bucket/prefix",
    "managedBy": "example.org/queue",
}


def _example(schema: Schema, name: str = "") -> Any:
    if name in EXAMPLES:
        return EXAMPLES[name]
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("x-kubernetes-preserve-unknown-fields"):
        return {"a": 1}
    match schema.get("type"):
        case "object" if "properties" in schema:
            return {key: _example(inner, key) for key, inner in schema["properties"].items()}
        case "object":
            return {"a": _example(schema["additionalProperties"])}
        case "array":
            return [_example(schema["items"])]
        case "integer":
            return schema.get("minimum", 0)
        case "boolean":
            return True
    return "1"
