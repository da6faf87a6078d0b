"""What the API server itself says to a FlowRun: every rule of the CRD, and the admission policy."""

import copy
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from flowrun_operator.api import crd
from tests.e2e.api import ask
from tests.e2e.kube import Kubectl
from tests.e2e.namespaces import fresh_namespace
from tests.e2e.release import Release

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

SPEC: dict[str, Any] = {
    "flow": {"entrypoint": "flows.diamond:flow"},
    "parameters": {"n": 1},
    "env": [{"name": "A", "value": "1"}],
    "runner": {"podTemplate": {"spec": {"nodeSelector": {"disk": "ssd"}}}},
    "cluster": {
        "workers": 2,
        "scheduler": {"podTemplate": {"spec": {"nodeSelector": {"disk": "ssd"}}}},
        "worker": {"podTemplate": {"spec": {"nodeSelector": {"disk": "ssd"}}}},
    },
    "concurrency": {"group": "a"},
    "results": {"location": "file:///results"},
    "ttlSecondsAfterFinished": 60,
}


def a_flowrun(spec: dict[str, Any], name: str | None = None) -> dict[str, Any]:
    return {
        "apiVersion": "flowrun.dev/v1alpha1",
        "kind": "FlowRun",
        "metadata": {"name": name or f"rules-{uuid.uuid4().hex[:6]}"},
        "spec": spec,
    }


def changed(path: str, value: Any) -> dict[str, Any]:
    """SPEC with this value at this path; None takes it away."""
    spec = copy.deepcopy(SPEC)
    *way, last = path.split(".")
    target = spec
    for key in way:
        target = target.setdefault(key, {})
    if value is None:
        target.pop(last, None)
    else:
        target[last] = value
    return spec


@pytest.fixture(scope="module")
def kube(operator: Release, kubectl: Kubectl) -> Iterator[Kubectl]:
    """kubectl in a namespace of these tests, the product installed."""
    with fresh_namespace("rules") as namespace:
        yield kubectl.inside(namespace)


@pytest.fixture
def created(kube: Kubectl) -> Iterator[dict[str, Any]]:
    """A FlowRun with SPEC, as the API server stored it."""
    flowruns = f"/apis/flowrun.dev/v1alpha1/namespaces/{kube.namespace}/flowruns"
    stored = ask("POST", flowruns, a_flowrun(SPEC))
    yield stored
    ask("DELETE", f"{flowruns}/{stored['metadata']['name']}")


CONFLICT = "Error from server (Conflict)"


def refusal(kube: Kubectl, manifest: dict[str, Any], *command: str) -> str:
    """What the API server says when it refuses; nothing is stored either way."""
    command = command or ("create",)
    said = CONFLICT
    while CONFLICT in said:
        # The operator may write the status between kubectl replace's read and its write.
        answer = kube(
            *command, "--dry-run=server", "-f", "-", input=json.dumps(manifest), check=False
        )
        assert answer.returncode != 0, f"accepted: {answer.stdout}"
        said = answer.stderr
    return said


CREATE: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown field": (changed("wrokers", 2), 'unknown field "spec.wrokers"'),
    "an unknown field further in": (
        changed("cluster.wrokers", 2),
        'unknown field "spec.cluster.wrokers"',
    ),
    "no flow": (changed("flow", None), "spec.flow: Required value"),
    "no entrypoint's form": (
        changed("flow.entrypoint", "flows diamond"),
        "spec.flow.entrypoint in body should match",
    ),
    "two sources": (
        changed("flow.source", {"inline": {"a.py": ""}, "configMap": {"name": "m"}}),
        "exactly one of inline and configMap must be set",
    ),
    "no source in the source": (
        changed("flow.source", {}),
        "exactly one of inline and configMap must be set",
    ),
    "more ready workers than workers": (
        changed("cluster.minReadyWorkers", 3),
        "minReadyWorkers must not be greater than workers",
    ),
    "a path for a URL": (
        changed("results.location", "/results"),
        "spec.results.location in body should match",
    ),
    "a chain of URLs": (
        changed("results.location", "simplecache::s3://bucket"),
        "spec.results.location",
    ),
    "a file system in a file": (
        changed("results.location", "zip://a::file:///b.zip"),
        "location must be one URL",
    ),
    "no workers": (changed("cluster.workers", 0), "spec.cluster.workers"),
    "too many parameters": (
        changed("parameters", {f"p{i}": i for i in range(257)}),
        "spec.parameters: Too many: 257: must have at most 256 items",
    ),
    "parameters that are a list": (changed("parameters", [1]), "spec.parameters"),
    "a variable twice": (
        changed("env", [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]),
        'spec.env[1]: Duplicate value: {"name":"A"}',
    ),
    "a value and where it comes from": (
        changed(
            "env", [{"name": "A", "value": "1", "valueFrom": {"fieldRef": {"fieldPath": "x"}}}]
        ),
        "value and valueFrom exclude each other",
    ),
    "a value from nowhere": (
        changed("env", [{"name": "A", "valueFrom": {}}]),
        "exactly one of secretKeyRef, configMapKeyRef and fieldRef must be set",
    ),
    "a value from two places": (
        changed(
            "env",
            [
                {
                    "name": "A",
                    "valueFrom": {
                        "secretKeyRef": {"name": "s", "key": "k"},
                        "configMapKeyRef": {"name": "m", "key": "k"},
                    },
                }
            ],
        ),
        "exactly one of secretKeyRef, configMapKeyRef and fieldRef must be set",
    ),
    "variables from nowhere": (
        changed("envFrom", [{"prefix": "A_"}]),
        "exactly one of secretRef and configMapRef must be set",
    ),
    "a quantity that is none": (
        changed("runner.resources", {"limits": {"memory": "4 GB"}}),
        "spec.runner.resources.limits.memory",
    ),
    "a rule for what somebody chose": (
        changed("retryRules", [{"reason": "Cancelled", "action": "Retry"}]),
        "what somebody chose is not retried",
    ),
    "a rule for a reason that is none": (
        changed("retryRules", [{"reason": "BadLuck", "action": "Retry"}]),
        'Unsupported value: "BadLuck"',
    ),
    "two rules for one reason": (
        changed("retryRules", [{"reason": "TaskFailed", "action": "Retry"}] * 2),
        "spec.retryRules[1]: Duplicate value",
    ),
    "a group of no name": (changed("concurrency", {"limit": 2}), "spec.concurrency.group"),
    "a controller without a domain": (changed("managedBy", "kueue"), "spec.managedBy"),
    "no time to stop": (changed("gracePeriodSeconds", 0), "spec.gracePeriodSeconds"),
    "a time to live that is none": (changed("ttlSecondsAfterFinished", -1), "spec.ttlSeconds"),
}


@pytest.mark.parametrize(("spec", "message"), CREATE.values(), ids=CREATE.keys())
def test_bad_spec_is_refused_by_name(kube: Kubectl, spec: dict[str, Any], message: str) -> None:
    assert message in refusal(kube, a_flowrun(spec))


@pytest.mark.parametrize("name", ["a" * 64, "with.dot"])
def test_a_name_that_children_cannot_bear_is_refused(kube: Kubectl, name: str) -> None:
    said = refusal(kube, a_flowrun(SPEC, name))
    assert "metadata.name must have at most 63 characters and no dots" in said


def test_the_longest_name_and_defaults_are_taken(kube: Kubectl) -> None:
    least = a_flowrun({"flow": {"entrypoint": "a"}}, "a" * 63)

    answer = kube("create", "--dry-run=server", "-f", "-", "-o", "json", input=json.dumps(least))

    assert json.loads(answer.stdout)["spec"] == {
        "flow": {"entrypoint": "a"},
        "parameters": {},
        "cluster": {"workers": 1, "startTimeoutSeconds": 300},
        "backoffLimit": 2,
        "backoffSeconds": 10,
        "gracePeriodSeconds": 30,
        "cleanupPolicy": "Always",
    }


OTHER: dict[str, Any] = {
    "flow.entrypoint": "flows.other:flow",
    "flow.source": {"inline": {"a.py": ""}},
    "parameters": {"n": 2},
    "image": "other:1",
    "imagePullPolicy": "Always",
    "imagePullSecrets": [{"name": "s"}],
    "env": [{"name": "A", "value": "2"}],
    "envFrom": [{"secretRef": {"name": "s"}}],
    "serviceAccountName": "default",
    "runner.resources": {"limits": {"cpu": 1}},
    "runner.podTemplate": {"spec": {"nodeSelector": {"disk": "hdd"}}},
    "cluster.workers": 3,
    "cluster.minReadyWorkers": 2,
    "cluster.startTimeoutSeconds": 100,
    "cluster.scheduler": {"resources": {"limits": {"cpu": 1}}},
    "cluster.worker": {"threads": 2},
    "backoffLimit": 3,
    "backoffSeconds": 3,
    "retryRules": [{"reason": "TaskFailed", "action": "Retry"}],
    "activeDeadlineSeconds": 3,
    "gracePeriodSeconds": 3,
    "concurrency.group": "b",
    "concurrency.limit": 2,
    "concurrency.policy": "Forbid",
    "results.location": "file:///other",
    "results.keep": True,
    "managedBy": "example.org/other",
    "priorityClassName": "high",
}


def test_every_immutable_field_is_among_those_that_are_changed_here() -> None:
    rules = {rule["fieldPath"].removeprefix(".") for rule in crd.immutability_rules()}
    assert rules == set(OTHER)


def test_a_changed_field_is_refused_by_name(kube: Kubectl, created: dict[str, Any]) -> None:
    name = created["metadata"]["name"]
    for path, value in OTHER.items():
        said = refusal(kube, a_flowrun(changed(path, value), name), "replace")
        assert f"spec.{path}: Forbidden: is immutable" in said


def test_removing_a_field_is_a_change_and_adding_it_is_one_too(
    kube: Kubectl, created: dict[str, Any]
) -> None:
    name = created["metadata"]["name"]
    for path in ("env", "runner.podTemplate", "cluster.scheduler"):
        said = refusal(kube, a_flowrun(changed(path, None), name), "replace")
        assert f"spec.{path}: Forbidden: is immutable" in said


def test_all_changed_fields_are_named_at_once(kube: Kubectl, created: dict[str, Any]) -> None:
    spec = changed("cluster.workers", 3) | {"image": "other:1"}

    said = refusal(kube, a_flowrun(spec, created["metadata"]["name"]), "replace")

    assert "spec.cluster.workers: Forbidden: is immutable" in said
    assert "spec.image: Forbidden: is immutable" in said


SELECTOR = SPEC["runner"]["podTemplate"]["spec"]
RENAMED: dict[str, Any] = {
    "parameters": {"m": 1},
    "runner.podTemplate": {"speck": SELECTOR},
    "cluster.scheduler.podTemplate": {"speck": SELECTOR},
    "cluster.worker.podTemplate": {"speck": SELECTOR},
}


def test_a_renamed_key_is_refused_by_the_policy_where_the_crd_sees_no_difference(
    kube: Kubectl, created: dict[str, Any]
) -> None:
    assert set(RENAMED) == set(crd.OPAQUE)
    name = created["metadata"]["name"]
    for path, value in RENAMED.items():
        said = refusal(kube, a_flowrun(changed(path, value), name), "replace")
        assert f"ValidatingAdmissionPolicy '{crd.POLICY}'" in said
        assert f"spec.{path} is immutable" in said


def test_a_cancelled_run_stays_cancelled(kube: Kubectl, created: dict[str, Any]) -> None:
    name = created["metadata"]["name"]
    kube("patch", "flowrun", name, "--type=merge", "-p", json.dumps({"spec": {"cancel": True}}))
    for taken_back in (False, None):
        patch = json.dumps({"spec": {"cancel": taken_back}})
        answer = kube("patch", "flowrun", name, "--type=merge", "-p", patch, check=False)
        assert "a cancelled run stays cancelled" in answer.stderr


def test_what_may_change_during_a_run(kube: Kubectl, created: dict[str, Any]) -> None:
    name = created["metadata"]["name"]
    for change in ({"suspend": True}, {"suspend": None}, {"cleanupPolicy": "Never"}):
        kube("patch", "flowrun", name, "--type=merge", "-p", json.dumps({"spec": change}))


def test_time_to_live_labels_and_status_may_change(kube: Kubectl, created: dict[str, Any]) -> None:
    name = created["metadata"]["name"]
    ttl = json.dumps({"spec": {"ttlSecondsAfterFinished": 7}})
    result = json.dumps({"status": {"result": {"any": [1, None]}}})

    kube("patch", "flowrun", name, "--type=merge", "-p", ttl)
    kube("label", "flowrun", name, "team=data")
    kube(
        "patch",
        "flowrun",
        name,
        "--subresource=status",
        "--dry-run=server",
        "--type=merge",
        "-p",
        result,
    )

    assert kube.json("get", "flowrun", name)["spec"]["ttlSecondsAfterFinished"] == 7


def test_status_is_no_part_of_what_a_user_writes(kube: Kubectl) -> None:
    manifest = {**a_flowrun(SPEC), "status": {"phase": "Succeeded"}}

    answer = kube("create", "--dry-run=server", "-f", "-", "-o", "json", input=json.dumps(manifest))

    assert "status" not in json.loads(answer.stdout)


def test_explain_shows_the_descriptions(kube: Kubectl) -> None:
    said = " ".join(kube("explain", "fr.spec.cluster.minReadyWorkers").stdout.split())

    assert "The flow starts when so many workers are ready. Default 1." in said
    assert "FIELD: minReadyWorkers <integer>" in said


def test_names_and_categories(kube: Kubectl) -> None:
    (line,) = kube(
        "api-resources", "--api-group=flowrun.dev", "-o", "wide", "--no-headers"
    ).stdout.splitlines()

    assert line.split()[:5] == ["flowruns", "fr", "flowrun.dev/v1alpha1", "true", "FlowRun"]
    assert line.split()[-1] == "all,flowrun"
