"""values.schema.json: covers every value, and says what is wrong with a wrong one."""

import json

import pytest
import yaml

from tests.chart.conftest import CHART

SCHEMA = json.loads((CHART / "values.schema.json").read_text())
VALUES = yaml.safe_load((CHART / "values.yaml").read_text())
#: Maps whose keys are the user's own, or a Kubernetes object's.
OPEN = {"nodeSelector", "affinity", "global"}


def resolved(schema):
    if "$ref" in schema:
        return SCHEMA["definitions"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def differences(values, schema, path=""):
    """Paths that only one of values.yaml and the schema knows, or that the schema leaves open."""
    schema = resolved(schema)
    if schema.get("type") != "object" or path in OPEN or path.endswith("resources"):
        return []
    found = [] if schema.get("additionalProperties") is False else [f"{path} is open"]
    known = set(schema["properties"]) - OPEN
    found += [f"{path}.{key}" for key in known ^ (set(values) - OPEN)]
    for key in known & set(values):
        found += differences(values[key], schema["properties"][key], key)
    return found


def test_schema_and_values_know_the_same_names_and_nothing_else_is_let_in():
    assert differences(VALUES, SCHEMA) == []
    assert set(SCHEMA["required"]) == set(VALUES)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ('podSecurity="none"', "at '/podSecurity': value must be one of 'restricted', 'namespace'"),
        ('imag={"tag":"x"}', "additional properties 'imag' not allowed"),
        ('image.tags="x"', "at '/image': additional properties 'tags' not allowed"),
        ('image.pullPolicy="always"', "at '/image/pullPolicy': value must be one of"),
        ('image.tag="a b"', "at '/image/tag': 'a b' does not match pattern"),
        ('image.repository=""', "at '/image/repository': minLength"),
        ('networkPolicy.enabled="yes"', "at '/networkPolicy/enabled': got string, want boolean"),
        ('daskOperator.enabled="false"', "at '/daskOperator/enabled': got string, want boolean"),
        ('allowedServiceAccounts="default"', "at '/allowedServiceAccounts': got string"),
        ('allowedServiceAccounts=["A_b"]', "at '/allowedServiceAccounts/0': 'A_b' does not match"),
        ('resources.limit={"cpu":1}', "at '/resources': additional properties 'limit' not allowed"),
        ("metrics.service.port=70000", "at '/metrics/service/port': maximum"),
        ("replica=2", "additional properties 'replica' not allowed"),
        ("replicas=0", "at '/replicas': minimum"),
        ('watchNamespaces="team"', "at '/watchNamespaces': got string"),
        ('watchNamespaces=["a.b"]', "at '/watchNamespaces/0': 'a.b' does not match"),
        ('watchNamespaces=["a","a"]', "at '/watchNamespaces': items at 0 and 1 are equal"),
    ],
)
def test_a_wrong_value_is_refused_by_name(helm, value, message):
    answer = helm("template", "flowrun", str(CHART), "--set-json", value)
    assert answer.returncode != 0
    assert message in answer.stderr
