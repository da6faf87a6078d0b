"""What a user writes: ``spec`` of a FlowRun. Descriptions are what ``kubectl explain`` shows."""

from typing import Annotated, Any, Literal

from pydantic import Field

from flowrun_operator.api.lifecycle import Concurrency, RetryRule
from flowrun_operator.api.model import Model, cel, list_map
from flowrun_operator.api.pods import (
    EnvFrom,
    EnvVar,
    LocalObjectReference,
    PodTemplate,
    ResourceRequirements,
)
from flowrun_operator.api.reasons import Reason


class KeyToPath(Model):
    """Where a key of the ConfigMap goes."""

    key: Annotated[str, Field(max_length=253, description="Key in the ConfigMap.")]
    path: Annotated[
        str, Field(max_length=253, description="Relative file path below the source folder.")
    ]


class ConfigMapSource(Model):
    """Flow code in a ConfigMap of the same namespace."""

    name: Annotated[str, Field(min_length=1, max_length=253, description="Name of the ConfigMap.")]
    items: Annotated[
        list[KeyToPath] | None,
        Field(max_length=64, description="Which keys to mount, and where; all when left out."),
    ] = None


class FlowSource(Model):
    """Flow code that is not in the image: one of inline and configMap."""

    model_config = cel(
        "has(self.inline) != has(self.configMap)", "exactly one of inline and configMap must be set"
    )

    inline: Annotated[
        dict[str, Annotated[str, Field(max_length=1048576)]] | None,
        Field(
            max_length=64,
            description="File name to text. Mounted read-only in runner, scheduler and workers.",
        ),
    ] = None
    config_map: Annotated[
        ConfigMapSource | None, Field(description="A ConfigMap that holds the files.")
    ] = None


class Flow(Model):
    """Which flow to run."""

    entrypoint: Annotated[
        str,
        Field(
            min_length=1,
            max_length=512,
            pattern=(
                r"^([A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*|[^:\s][^:]*\.py)"
                r"(:[A-Za-z_][A-Za-z0-9_]*)?$"
            ),
            description=(
                "package.module:attr or path/file.py:attr. :attr may be left out where the "
                "module holds exactly one Flow."
            ),
        ),
    ]
    source: Annotated[
        FlowSource | None, Field(description="Where the code is, if not in the image.")
    ] = None


class Runner(Model):
    """The pod that runs the flow."""

    resources: Annotated[
        ResourceRequirements | None, Field(description="Resources of the runner container.")
    ] = None
    pod_template: Annotated[
        PodTemplate | None,
        Field(
            description=(
                "A partial PodTemplateSpec, merged onto the runner pod by strategic-merge rules: "
                "containers by name (runner)."
            ),
        ),
    ] = None


class Scheduler(Model):
    """The Dask scheduler's pod."""

    resources: Annotated[
        ResourceRequirements | None, Field(description="Resources of the scheduler container.")
    ] = None
    pod_template: Annotated[
        PodTemplate | None,
        Field(
            description=(
                "A partial PodTemplateSpec, merged onto the scheduler pod: containers by name "
                "(scheduler)."
            ),
        ),
    ] = None


class Worker(Model):
    """Every Dask worker's pod."""

    resources: Annotated[
        ResourceRequirements | None, Field(description="Resources of the worker container.")
    ] = None
    threads: Annotated[
        int | None,
        Field(
            ge=1, le=1024, description="Threads a worker. Default: its CPU limit, else the node's."
        ),
    ] = None
    memory_limit: Annotated[
        str | None,
        Field(
            max_length=32,
            pattern=r"^(auto|[0-9]*\.?[0-9]+ ?([kKMGTPE]i?)?B?)$",
            description=(
                "Memory at which Dask spills and pauses, in Dask's words (4GiB, 0.9, auto). "
                "Default auto: the container's limit."
            ),
        ),
    ] = None
    pod_template: Annotated[
        PodTemplate | None,
        Field(
            description=(
                "A partial PodTemplateSpec, merged onto each worker pod: containers by name "
                "(worker)."
            ),
        ),
    ] = None


class Cluster(Model):
    """The Dask cluster of this run."""

    model_config = cel(
        "!has(self.minReadyWorkers) || self.minReadyWorkers <= self.workers",
        "minReadyWorkers must not be greater than workers",
    )

    workers: Annotated[
        int, Field(ge=1, le=10000, description="How many workers, one pod each.")
    ] = 1
    min_ready_workers: Annotated[
        int | None,
        Field(
            ge=1,
            le=10000,
            description="The flow starts when so many workers are ready. Default 1.",
        ),
    ] = None
    start_timeout_seconds: Annotated[
        int,
        Field(
            ge=1,
            le=86400,
            description="The run fails when its flow has not started after so many seconds.",
        ),
    ] = 300
    scheduler: Annotated[Scheduler | None, Field(description="The scheduler's pod.")] = None
    worker: Annotated[Worker | None, Field(description="Every worker's pod.")] = None

    @property
    def workers_to_wait_for(self) -> int:
        """The start gate: no more workers than there will be."""
        return min(self.min_ready_workers or 1, self.workers)


class Results(Model):
    """Where what has succeeded is kept, so that a later attempt does not run it again."""

    model_config = cel(
        "!self.location.contains('::')", "location must be one URL, not several chained by ::"
    )

    location: Annotated[
        str,
        Field(
            min_length=1,
            max_length=1024,
            pattern=r"^[a-z][a-z0-9+.-]*://[^\s?#]+$",
            description=(
                "URL of a folder that runner and workers can write to: any that fsspec knows "
                "(file:///results on a mounted volume, s3://bucket/prefix). Each run has a folder "
                "of its own in it."
            ),
        ),
    ]
    keep: Annotated[
        bool, Field(description="True keeps the run's folder when the flow has succeeded.")
    ] = False


class FlowRunSpec(Model):
    """All optional but flow."""

    flow: Annotated[Flow, Field(description="Which flow to run.")]
    parameters: Annotated[
        dict[str, Any],
        Field(
            max_length=256,
            description="Checked against the flow's Parameters before any work starts.",
            json_schema_extra={"default": {}},
        ),
    ] = Field(default_factory=dict)
    image: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=1024,
            pattern=r"^\S+$",
            description=(
                "Image of runner, scheduler and workers alike. Default: the chart's runtime image."
            ),
        ),
    ] = None
    image_pull_policy: Annotated[
        Literal["Always", "IfNotPresent", "Never"] | None,
        Field(description="As in a container."),
    ] = None
    image_pull_secrets: Annotated[
        list[LocalObjectReference] | None,
        Field(
            max_length=16,
            description="Secrets to pull the image with.",
            json_schema_extra=list_map("name"),
        ),
    ] = None
    env: Annotated[
        list[EnvVar] | None,
        Field(
            max_length=256,
            description="Variables of runner, scheduler and workers alike.",
            json_schema_extra=list_map("name"),
        ),
    ] = None
    env_from: Annotated[
        list[EnvFrom] | None,
        Field(max_length=64, description="Objects whose keys become variables of all three."),
    ] = None
    service_account_name: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=253,
            description=(
                "The runner's ServiceAccount, whose token is mounted. The chart's value "
                "allowedServiceAccounts says which may be named."
            ),
        ),
    ] = None
    runner: Annotated[Runner | None, Field(description="The pod that runs the flow.")] = None
    cluster: Annotated[
        Cluster,
        Field(description="The Dask cluster of this run.", json_schema_extra={"default": {}}),
    ] = Field(default_factory=Cluster)
    results: Annotated[
        Results | None,
        Field(description="Where results are kept for later attempts. Default: nowhere."),
    ] = None
    ttl_seconds_after_finished: Annotated[
        int | None,
        Field(
            ge=0,
            le=2147483647,
            description="The FlowRun is deleted so many seconds after it finished. Default: never.",
        ),
    ] = None
    backoff_limit: Annotated[
        int,
        Field(
            ge=0,
            le=20,
            description=(
                "So many attempts may follow the first. By default only failures of the "
                "infrastructure are retried; retryRules say otherwise."
            ),
        ),
    ] = 2
    backoff_seconds: Annotated[
        int,
        Field(
            ge=0,
            le=3600,
            description="Wait before the second attempt; doubled before each later one, up to 600.",
        ),
    ] = 10
    retry_rules: Annotated[
        list[RetryRule] | None,
        Field(
            max_length=32,
            description="What follows from which reason of failure.",
            json_schema_extra=list_map("reason"),
        ),
    ] = None
    active_deadline_seconds: Annotated[
        int | None,
        Field(
            ge=1,
            le=2147483647,
            description=(
                "The run fails when it has not ended so many seconds after its start, all attempts "
                "together. A resumed run starts anew."
            ),
        ),
    ] = None
    grace_period_seconds: Annotated[
        int,
        Field(
            ge=1,
            le=3600,
            description=(
                "So long a runner that must stop may take: no more tasks are given out, running "
                "ones may end. Then it is killed."
            ),
        ),
    ] = 30
    suspend: Annotated[
        bool | None,
        Field(
            description=(
                "True holds the run back, or stops it and gives up its cluster; a resumed run "
                "begins another attempt."
            ),
        ),
    ] = None
    cancel: Annotated[
        bool | None, Field(description="True ends the run; this cannot be taken back.")
    ] = None
    cleanup_policy: Annotated[
        Literal["Always", "OnSuccess", "Never"],
        Field(
            description=(
                "Whether the cluster goes when the run has ended. A cluster that is kept goes with "
                "the FlowRun."
            ),
        ),
    ] = "Always"
    concurrency: Annotated[Concurrency | None, Field(description="How many runs may overlap.")] = (
        None
    )
    managed_by: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=63,
            pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?/[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$",
            description=(
                "Which controller runs this FlowRun; the operator leaves alone those that name "
                "another one than flowrun.dev/operator."
            ),
        ),
    ] = None
    priority_class_name: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=253,
            description="PriorityClass of runner, scheduler and workers.",
        ),
    ] = None

    def rule_for(self, reason: Reason) -> RetryRule | None:
        """The user's rule for that reason of failure."""
        return next((rule for rule in self.retry_rules or () if rule.reason == reason), None)
