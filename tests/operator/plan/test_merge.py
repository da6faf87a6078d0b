"""The strategic merge, rule by rule."""

import copy
from typing import Any

import pytest

from flowrun_operator.plan.merge import directives, merge

CASES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "a new key is added": ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
    "a value is replaced": ({"a": 1}, {"a": 2}, {"a": 2}),
    "null deletes a key": ({"a": 1, "b": 2}, {"a": None}, {"b": 2}),
    "null for what is not there is nothing": ({}, {"a": None, "b": {"c": None}}, {"b": {}}),
    "objects are merged": ({"a": {"x": 1, "y": 1}}, {"a": {"y": 2}}, {"a": {"x": 1, "y": 2}}),
    "containers are merged by name": (
        {"containers": [{"name": "worker", "image": "i"}]},
        {"containers": [{"name": "worker", "tty": True}]},
        {"containers": [{"name": "worker", "image": "i", "tty": True}]},
    ),
    "another container comes after ours": (
        {"containers": [{"name": "worker"}]},
        {"containers": [{"name": "agent"}]},
        {"containers": [{"name": "worker"}, {"name": "agent"}]},
    ),
    "env is merged by name, in our order": (
        {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "1"}]},
        {"env": [{"name": "C", "value": "2"}, {"name": "A", "value": "2"}]},
        {
            "env": [
                {"name": "A", "value": "2"},
                {"name": "B", "value": "1"},
                {"name": "C", "value": "2"},
            ]
        },
    ),
    "a value gives way to valueFrom only where null says so": (
        {"env": [{"name": "A", "value": "1"}]},
        {"env": [{"name": "A", "value": None, "valueFrom": {"secretKeyRef": {"name": "s"}}}]},
        {"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s"}}}]},
    ),
    "ports are merged by containerPort": (
        {"ports": [{"containerPort": 80, "name": "a"}]},
        {"ports": [{"containerPort": 80, "name": "b"}, {"containerPort": 81}]},
        {"ports": [{"containerPort": 80, "name": "b"}, {"containerPort": 81}]},
    ),
    "volumeMounts are merged by mountPath": (
        {"volumeMounts": [{"mountPath": "/a", "name": "x"}]},
        {"volumeMounts": [{"mountPath": "/b", "name": "x"}]},
        {"volumeMounts": [{"mountPath": "/a", "name": "x"}, {"mountPath": "/b", "name": "x"}]},
    ),
    "topologySpreadConstraints are merged by topologyKey": (
        {"topologySpreadConstraints": [{"topologyKey": "zone", "maxSkew": 1}]},
        {"topologySpreadConstraints": [{"topologyKey": "zone", "maxSkew": 2}]},
        {"topologySpreadConstraints": [{"topologyKey": "zone", "maxSkew": 2}]},
    ),
    "tolerations are replaced whole": (
        {"tolerations": [{"key": "a"}]},
        {"tolerations": [{"key": "b"}]},
        {"tolerations": [{"key": "b"}]},
    ),
    "args are replaced whole": ({"args": ["a", "b"]}, {"args": ["c"]}, {"args": ["c"]}),
    "capabilities are replaced whole": (
        {"capabilities": {"drop": ["ALL"]}},
        {"capabilities": {"drop": ["NET_RAW"]}},
        {"capabilities": {"drop": ["NET_RAW"]}},
    ),
    "a list may come where there was none": (
        {},
        {"volumes": [{"name": "v", "emptyDir": {"medium": None}}]},
        {"volumes": [{"name": "v", "emptyDir": {}}]},
    ),
    "an object may come where there was a value": ({"a": 1}, {"a": {"b": 1}}, {"a": {"b": 1}}),
}


@pytest.mark.parametrize(("ours", "theirs", "merged"), CASES.values(), ids=CASES.keys())
def test_merge(ours: dict[str, Any], theirs: dict[str, Any], merged: dict[str, Any]) -> None:
    before = copy.deepcopy((ours, theirs))

    assert merge(ours, theirs) == merged

    assert (ours, theirs) == before, "neither side is changed"


def test_patch_directives_are_found_wherever_they_stand() -> None:
    theirs = {
        "spec": {"$retainKeys": ["a"], "containers": [{"name": "a", "$patch": "delete"}]},
        "$setElementOrder/containers": [],
    }

    assert {problem.path for problem in directives(theirs, "t")} == {
        "t.spec.$retainKeys",
        "t.spec.containers[0].$patch",
        "t.$setElementOrder/containers",
    }
