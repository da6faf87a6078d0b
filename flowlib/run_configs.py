"""Run configurations: kept as data, for flows that come with one.

A FlowRun says where a flow runs; nothing here changes that.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any


class RunConfig:
    """The base: environment variables, and labels as a set."""

    def __init__(
        self, *, env: Mapping[str, str] | None = None, labels: Iterable[str] | None = None
    ) -> None:
        self.env = None if env is None else dict(env)
        self.labels = set(labels or ())

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class UniversalRun(RunConfig):
    """Anywhere."""


class LocalRun(RunConfig):
    """As a process."""

    def __init__(
        self,
        *,
        env: Mapping[str, str] | None = None,
        working_dir: str | None = None,
        labels: Iterable[str] | None = None,
    ) -> None:
        super().__init__(env=env, labels=labels)
        self.working_dir = working_dir


class DockerRun(RunConfig):
    """As a container."""

    def __init__(
        self,
        *,
        image: str | None = None,
        env: Mapping[str, str] | None = None,
        labels: Iterable[str] | None = None,
        ports: Sequence[int] | None = None,
        host_config: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(env=env, labels=labels)
        self.image = image
        self.ports = ports
        self.host_config = host_config


class KubernetesRun(RunConfig):
    """As a Kubernetes Job. ValueError for both a job_template and the path of one."""

    def __init__(
        self,
        *,
        job_template_path: str | None = None,
        job_template: str | Mapping[str, Any] | None = None,
        image: str | None = None,
        env: Mapping[str, str] | None = None,
        cpu_limit: float | str | None = None,
        cpu_request: float | str | None = None,
        memory_limit: str | None = None,
        memory_request: str | None = None,
        service_account_name: str | None = None,
        image_pull_secrets: Iterable[str] | None = None,
        labels: Iterable[str] | None = None,
        image_pull_policy: str | None = None,
    ) -> None:
        if job_template is not None and job_template_path is not None:
            raise ValueError("Give either a job_template or a job_template_path.")
        super().__init__(env=env, labels=labels)
        self.job_template_path = job_template_path
        self.job_template = job_template
        self.image = image
        self.cpu_limit = None if cpu_limit is None else str(cpu_limit)
        self.cpu_request = None if cpu_request is None else str(cpu_request)
        self.memory_limit = memory_limit
        self.memory_request = memory_request
        self.service_account_name = service_account_name
        self.image_pull_secrets = None if image_pull_secrets is None else list(image_pull_secrets)
        self.image_pull_policy = image_pull_policy


class ECSRun(RunConfig):
    """As an AWS ECS task. ValueError for more than one source of the task's definition."""

    def __init__(
        self,
        *,
        task_definition: Mapping[str, Any] | None = None,
        task_definition_path: str | None = None,
        task_definition_arn: str | None = None,
        image: str | None = None,
        env: Mapping[str, str] | None = None,
        cpu: int | str | None = None,
        memory: int | str | None = None,
        task_role_arn: str | None = None,
        execution_role_arn: str | None = None,
        run_task_kwargs: Mapping[str, Any] | None = None,
        labels: Iterable[str] | None = None,
    ) -> None:
        sources = (task_definition, task_definition_path, task_definition_arn)
        if sum(source is not None for source in sources) > 1:
            raise ValueError(
                "Give one of task_definition, task_definition_path and task_definition_arn."
            )
        super().__init__(env=env, labels=labels)
        self.task_definition = task_definition
        self.task_definition_path = task_definition_path
        self.task_definition_arn = task_definition_arn
        self.image = image
        self.cpu = None if cpu is None else str(cpu)
        self.memory = None if memory is None else str(memory)
        self.task_role_arn = task_role_arn
        self.execution_role_arn = execution_role_arn
        self.run_task_kwargs = run_task_kwargs


class VertexRun(RunConfig):
    """As a job of Google's Vertex AI."""

    def __init__(
        self,
        *,
        env: Mapping[str, str] | None = None,
        labels: Iterable[str] | None = None,
        image: str | None = None,
        machine_type: str = "e2-standard-4",
        scheduling: Mapping[str, Any] | None = None,
        service_account: str | None = None,
        network: str | None = None,
        worker_pool_specs: Sequence[Mapping[str, Any]] | None = None,
    ) -> None:
        super().__init__(env=env, labels=labels)
        self.image = image
        self.machine_type = machine_type
        self.scheduling = scheduling
        self.service_account = service_account
        self.network = network
        self.worker_pool_specs = worker_pool_specs
