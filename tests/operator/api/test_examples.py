"""Every FlowRun of crds/examples is one that the schema, the models and the operator take."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from flowrun_operator.api import FlowRun, crd
from flowrun_operator.plan.children import problems
from flowrun_operator.settings import Settings

ROOT = Path(__file__).parents[3]
SETTINGS = Settings(runtime_image="runtime:1", operator_namespace="flowrun-system")
SCHEMA = crd.definition()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
FLOWRUNS = {
    f"{path.name}:{document['metadata']['name']}": document
    for path in sorted((ROOT / "crds/examples").glob("*.yaml"))
    for document in yaml.safe_load_all(path.read_text())
    if document["kind"] == "FlowRun"
}


@pytest.mark.parametrize("document", FLOWRUNS.values(), ids=FLOWRUNS.keys())
def test_example_is_admissible(document: dict[str, Any]) -> None:
    jsonschema.validate(document, SCHEMA)
    given = {"namespace": "x", "uid": "3f9c2", "creationTimestamp": "2026-11-22T05:00:00Z"}
    run = FlowRun.from_json({**document, "metadata": {**document["metadata"], **given}})

    assert problems(run, SETTINGS) == ()


def test_there_are_examples() -> None:
    assert {"demo.yaml:demo", "diamond.yaml:diamond"} <= FLOWRUNS.keys()
