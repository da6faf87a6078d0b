"""What is made for a run: the golden files say all of it, the rest says what must never change."""

import difflib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from flowrun_operator.plan.children import Manifest, children
from flowrun_operator.plan.pod_schema import dask_cluster_schema
from flowrun_operator.settings import Settings
from tests.operator.plan.build import SETTINGS, UID, a_run

GOLDEN = Path(__file__).parent / "golden"
KUBERNETES = "1.34"

RICH = a_run(
    flow={
        "entrypoint": "flows/diamond.py:flow",
        "source": {"inline": {"flows/diamond.py": "flow = ...\n", "words.py": "WORDS = {}\n"}},
    },
    parameters={"n": 100, "price": "$5", "who": "$(HOME)"},
    image="team/flows:1.4",
    imagePullPolicy="Always",
    imagePullSecrets=[{"name": "registry"}],
    env=[
        {"name": "PYTHONPATH", "value": "/app"},
        {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "api", "key": "token"}}},
    ],
    envFrom=[{"secretRef": {"name": "database"}}],
    serviceAccountName="default",
    runner={
        "resources": {"limits": {"cpu": 1, "memory": "1Gi"}},
        "podTemplate": {
            "metadata": {"labels": {"team": "data"}},
            "spec": {"priorityClassName": "high"},
        },
    },
    cluster={
        "workers": 3,
        "minReadyWorkers": 2,
        "scheduler": {"resources": {"requests": {"cpu": "200m"}}},
        "worker": {
            "threads": 4,
            "memoryLimit": "3GiB",
            "resources": {"limits": {"cpu": 4, "memory": "4Gi", "nvidia.com/gpu": 1}},
            "podTemplate": {
                "metadata": {"annotations": {"example.org/spread": "yes"}},
                "spec": {
                    "tolerations": [{"key": "gpu", "operator": "Exists"}],
                    "containers": [
                        {"name": "worker", "env": [{"name": "OMP_NUM_THREADS", "value": "4"}]},
                        {"name": "agent", "image": "agent:1", "resources": {"limits": {"cpu": 1}}},
                    ],
                },
            },
        },
    },
)
LEAST = a_run()


def made(run: Any = RICH, settings: Settings = SETTINGS, attempt: int = 1) -> dict[str, Manifest]:
    return {child["kind"]: child for child in children(run, settings, attempt)}


def golden_files() -> dict[str, Manifest]:
    files = {f"{kind}.yaml": child for kind, child in made().items()}
    return files | {f"least-{kind}.yaml": child for kind, child in made(LEAST).items()}


class _Plain(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


@pytest.mark.parametrize("name", golden_files())
def test_a_child_is_as_its_golden_file_says(name: str) -> None:
    """UPDATE_GOLDEN=1 writes them anew: read the diff."""
    text = yaml.dump(golden_files()[name], Dumper=_Plain, sort_keys=False, width=100)
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text)
    diff = difflib.unified_diff(path.read_text().splitlines(), text.splitlines(), lineterm="")
    assert "\n".join(diff) == ""


def test_no_golden_file_is_left_over() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == set(golden_files())


def test_children_in_the_order_of_their_creation() -> None:
    assert list(made()) == ["NetworkPolicy", "ConfigMap", "DaskCluster", "Pod"]


def test_a_flow_in_the_image_needs_no_config_map() -> None:
    assert list(made(LEAST)) == ["NetworkPolicy", "DaskCluster", "Pod"]


def test_the_chart_may_turn_the_network_policy_off() -> None:
    assert "NetworkPolicy" not in made(
        settings=Settings("i", operator_namespace="o", network_policy=False)
    )


def pods() -> Iterator[Manifest]:
    for run in (RICH, LEAST):
        kinds = made(run)
        yield kinds["Pod"]
        for role in ("scheduler", "worker"):
            yield kinds["DaskCluster"]["spec"][role]


def test_every_child_is_owned_and_labelled() -> None:
    for kind, child in made().items():
        (owner,) = child["metadata"]["ownerReferences"]
        assert (owner["uid"], owner["kind"], owner["controller"]) == (UID, "FlowRun", True), kind
        assert child["metadata"]["labels"]["flowrun.dev/uid"] == UID
        assert child["metadata"]["labels"]["flowrun.dev/name"] == "diamond"
        assert child["metadata"]["labels"]["flowrun.dev/component"]


def test_what_an_attempt_brings_says_which() -> None:
    kinds = made(attempt=7)

    assert kinds["DaskCluster"]["metadata"]["labels"]["flowrun.dev/attempt"] == "7"
    assert kinds["Pod"]["metadata"]["labels"]["flowrun.dev/attempt"] == "7"
    assert kinds["NetworkPolicy"] == made(attempt=1)["NetworkPolicy"]
    assert kinds["ConfigMap"] == made(attempt=1)["ConfigMap"]


def test_no_label_of_a_template_takes_the_place_of_ours() -> None:
    run = a_run(runner={"podTemplate": {"metadata": {"labels": {"flowrun.dev/uid": "x"}}}})

    assert made(run)["Pod"]["metadata"]["labels"]["flowrun.dev/uid"] == UID


def test_no_pod_has_a_token_service_links_or_a_writable_root() -> None:
    for pod in pods():
        spec = pod["spec"]
        token = spec.get("serviceAccountName") == "default"
        assert spec["automountServiceAccountToken"] is token
        assert spec["enableServiceLinks"] is False
        assert spec["containers"][0]["securityContext"]["readOnlyRootFilesystem"] is True


def test_parameters_reach_the_runner_as_they_are_once_the_kubelet_has_expanded_them() -> None:
    (runner,) = made()["Pod"]["spec"]["containers"]
    (value,) = (e["value"] for e in runner["env"] if e["name"] == "FLOWRUN_PARAMETERS")

    assert value.replace("$$", "$") == '{"n":100,"price":"$5","who":"$(HOME)"}'


def test_a_run_waits_for_no_more_workers_than_it_has() -> None:
    (runner,) = made(a_run(cluster={"workers": 2, "minReadyWorkers": 5}))["Pod"]["spec"][
        "containers"
    ]

    assert {"name": "FLOWRUN_MIN_READY_WORKERS", "value": "2"} in runner["env"]


@pytest.mark.parametrize("run", [RICH, LEAST], ids=["rich", "least"])
def test_kubernetes_knows_every_field(run: Any) -> None:
    kinds = made(run)
    cluster = kinds.pop("DaskCluster")
    for role in ("scheduler", "worker"):
        template = {key: cluster["spec"][role][key] for key in ("metadata", "spec")}
        kinds[role] = {"apiVersion": "v1", "kind": "Pod", **template}
    for child in kinds.values():
        kubernetes_validate.validate(child, KUBERNETES, strict=True)


def pruned(value: Any, schema: dict[str, Any]) -> Any:
    """What the API server keeps of value."""
    if isinstance(value, list):
        return [pruned(item, schema["items"]) for item in value]
    if not isinstance(value, dict) or schema.get("x-kubernetes-preserve-unknown-fields"):
        return value
    if "properties" not in schema:
        return {key: pruned(inner, schema["additionalProperties"]) for key, inner in value.items()}
    known = schema["properties"]
    return {key: pruned(inner, known[key]) for key, inner in value.items() if key in known}


@pytest.mark.parametrize("run", [RICH, LEAST], ids=["rich", "least"])
def test_dask_kubernetes_schema_takes_the_cluster_and_drops_nothing_of_it(run: Any) -> None:
    spec, schema = made(run)["DaskCluster"]["spec"], dask_cluster_schema()["properties"]["spec"]

    jsonschema.validate(spec, schema)

    assert pruned(spec, schema) == spec


@pytest.mark.parametrize(("keep", "told"), [(False, "false"), (True, "true")])
def test_the_runner_is_told_where_results_are_kept(keep: bool, told: str) -> None:
    run = a_run(results={"location": "s3://bucket/$(X)", "keep": keep})

    [container] = made(run)["Pod"]["spec"]["containers"]

    env = {variable["name"]: variable.get("value") for variable in container["env"]}
    assert env["FLOWRUN_RESULTS_URL"] == f"s3://bucket/$$(X)/data/diamond-{UID}"
    assert env["FLOWRUN_KEEP_RESULTS"] == told
    [container] = made(LEAST)["Pod"]["spec"]["containers"]
    assert not any("RESULTS" in variable["name"] for variable in container["env"])
