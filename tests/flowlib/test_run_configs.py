"""Run configurations: kept as data."""

from typing import Any

import pytest

from flowlib import Flow, run_configs
from flowlib.run_configs import (
    DockerRun,
    ECSRun,
    KubernetesRun,
    LocalRun,
    UniversalRun,
    VertexRun,
)

MADE: list[tuple[type[Any], dict[str, Any]]] = [
    (UniversalRun, {"env": {"A": "b"}}),
    (LocalRun, {"working_dir": "/x"}),
    (DockerRun, {"image": "i", "ports": [1], "host_config": {"a": 1}}),
    (
        KubernetesRun,
        {
            "image": "i",
            "cpu_limit": "2",
            "cpu_request": "1",
            "memory_limit": "2Gi",
            "memory_request": "1Gi",
            "job_template": {"a": 1},
            "service_account_name": "s",
            "image_pull_secrets": ["p"],
            "image_pull_policy": "Always",
        },
    ),
    (ECSRun, {"image": "i", "cpu": "1", "memory": "2", "task_definition_arn": "arn"}),
    (VertexRun, {"image": "i", "machine_type": "m"}),
]


@pytest.mark.parametrize(("kind", "arguments"), MADE)
def test_what_is_given_is_kept(kind: type[Any], arguments: dict[str, Any]) -> None:
    its = kind(labels=["a", "b", "a"], **arguments)
    assert its.labels == {"a", "b"}
    assert {name: getattr(its, name) for name in arguments} == arguments
    assert kind().labels == set()
    assert repr(its) == f"<{kind.__name__}>"
    assert Flow("f", run_config=its).run_config is its


def test_numbers_become_kubernetes_quantities() -> None:
    assert KubernetesRun(cpu_limit=0.5).cpu_limit == "0.5"


def test_contradictions() -> None:
    with pytest.raises(ValueError, match="job_template"):
        run_configs.KubernetesRun(job_template="a", job_template_path="b")
    with pytest.raises(ValueError, match="task_definition"):
        run_configs.ECSRun(task_definition={}, task_definition_arn="b")
