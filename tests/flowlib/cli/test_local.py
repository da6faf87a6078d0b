from pathlib import Path

import pytest
import yaml

from flowlib.cli.exits import CliError
from flowlib.cli.fields import ANY, FIELDS
from flowlib.cli.local import LocalRun, expanded, localized
from flowlib.cli.manifest import read

HEAD = """\
apiVersion: flowrun.dev/v1alpha1
kind: FlowRun
metadata: {name: diamond}
spec:
  flow:
    entrypoint: diamond.py
"""
CRD = Path(__file__).parents[3] / "crds" / "flowrun.yaml"


def a_local_run(more: str = "", environment: dict[str, str] | None = None) -> LocalRun:
    return localized(read(HEAD + more, "m.yaml"), environment or {})


def test_a_manifest_of_the_entrypoint_alone_runs_on_one_worker():
    assert a_local_run() == LocalRun(entrypoint="diamond.py", workers=1)


def test_parameters_code_variables_and_size_are_taken_over():
    run = a_local_run("""\
    source:
      inline:
        diamond.py: "flow = 1"
  parameters: {n: 100}
  env:
    - {name: A, value: "1"}
    - {name: B}
  cluster:
    workers: 3
    worker: {threads: 2, memoryLimit: 1GiB}
  gracePeriodSeconds: 5
  results: {location: "file:///tmp/results/", keep: true}
""")
    assert run == LocalRun(
        entrypoint="diamond.py",
        workers=3,
        parameters={"n": 100},
        files={"diamond.py": "flow = 1"},
        env={"A": "1", "B": ""},
        threads=2,
        memory_limit="1GiB",
        results="file:///tmp/results/diamond",
        keep_results=True,
        grace_period=5,
    )


def test_what_only_the_cluster_heeds_is_named():
    run = a_local_run("""\
  image: mine:1
  runner: {resources: {limits: {cpu: "1"}}}
  cluster:
    startTimeoutSeconds: 5
    worker: {resources: {limits: {cpu: "1"}}}
  ttlSecondsAfterFinished: 60
  backoffLimit: 3
  concurrency: {group: nightly}
""")
    assert run.ignored == (
        "spec.image",
        "spec.runner",
        "spec.cluster.startTimeoutSeconds",
        "spec.cluster.worker.resources",
        "spec.ttlSecondsAfterFinished",
        "spec.backoffLimit",
        "spec.concurrency",
    )


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("  imag: x\n", "m.yaml:7: unknown field spec.imag"),
        (
            "  cluster:\n    worker: {thread: 2}\n    max: 3\n",
            "m.yaml:8: unknown field spec.cluster.worker.thread\n"
            "m.yaml:9: unknown field spec.cluster.max",
        ),
        ("  env: [{name: A, valu: x}]\n", "m.yaml:7: unknown field spec.env[0].valu"),
        (
            "    source: {configMap: {name: x}}\n",
            "m.yaml:7: spec.flow.source.configMap is read by the cluster and not to be had here",
        ),
        (
            "  envFrom: [{secretRef: {name: x}}]\n",
            "m.yaml:7: spec.envFrom is read by the cluster and not to be had here",
        ),
        (
            "  env:\n    - name: A\n      valueFrom: {fieldRef: {fieldPath: metadata.name}}\n",
            "m.yaml:9: spec.env[0].valueFrom is read by the cluster and not to be had here",
        ),
        ("  env: {A: 1}\n", "m.yaml:7: unknown field spec.env.A"),
        ("  env: [{name: A, value: 1}]\n", "m.yaml:7: spec.env[0].value is 1, not text"),
        ("  env: [{name: A=B}]\n", "m.yaml:7: spec.env[0].name is no variable's name"),
        ("  cluster: {workers: two}\n", "m.yaml:7: spec.cluster.workers is 'two', not a number"),
        ("  cluster: {workers: 0}\n", "m.yaml:7: spec.cluster.workers is 0, not a number from 1"),
        ("  cluster: {workers: true}\n", "m.yaml:7: spec.cluster.workers is True, not a number"),
        ("  cluster: 3\n", "m.yaml:7: spec.cluster is 3, not a mapping"),
        ("  parameters: [1]\n", "m.yaml:7: spec.parameters is [1], not a mapping"),
        ('    source: {inline: {../x.py: ""}}\n', "m.yaml:7: '../x.py' is no file name"),
    ],
)
def test_what_cannot_be_run_here_is_named_with_its_line(more, message):
    with pytest.raises(CliError) as raised:
        a_local_run(more)
    assert raised.value.message.startswith(message)
    assert raised.value.exit_code == 2


def test_an_entrypoint_is_asked_for():
    text = HEAD.replace("    entrypoint: diamond.py\n", "    source: {}\n")
    with pytest.raises(CliError, match=r"m.yaml:5: spec.flow.entrypoint is missing"):
        localized(read(text, "m.yaml"), {})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("$(HOME)/x", "/root/x"),
        ("$$(HOME)", "$(HOME)"),
        ("$(NONE)", "$(NONE)"),
        ("$HOME $", "$HOME $"),
    ],
)
def test_a_variable_is_expanded_as_the_kubelet_does(value, expected):
    assert expanded(value, {"HOME": "/root"}) == expected


def test_a_variable_may_name_an_earlier_one():
    run = a_local_run('  env: [{name: A, value: "1"}, {name: B, value: "$(A)$(C)"}]\n', {"C": "3"})
    assert run.env == {"A": "1", "B": "13"}


def test_the_known_fields_are_those_of_the_crd():
    crd = yaml.safe_load(CRD.read_text())
    (version,) = crd["spec"]["versions"]
    spec = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
    assert fields_of(spec) == FIELDS


def fields_of(schema):
    inside = schema.get("items", schema)
    return {name: fields_of(part) for name, part in inside.get("properties", {}).items()} or ANY
