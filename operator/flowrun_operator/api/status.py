"""What the operator answers: ``status`` of a FlowRun, the whole story of the run."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field

from flowrun_operator.api.model import Model, list_map
from flowrun_operator.api.reasons import Reason


class Phase(StrEnum):
    """Derived from what is observed, each turn; forward is legal, backward never."""

    PENDING = "Pending"
    SUSPENDED = "Suspended"
    STARTING = "Starting"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    CANCELLED = "Cancelled"


FINISHED = frozenset({Phase.SUCCEEDED, Phase.FAILED, Phase.CANCELLED})


class ConditionType(StrEnum):
    """Finished is True at any end, for scripts that wait."""

    VALID = "Valid"
    CLUSTER_READY = "ClusterReady"
    RUNNING = "Running"
    SUSPENDED = "Suspended"
    COMPLETE = "Complete"
    FAILED = "Failed"
    FINISHED = "Finished"


class Condition(Model):
    """metav1.Condition."""

    type: Annotated[ConditionType, Field(description="What it is about.")]
    status: Annotated[Literal["True", "False", "Unknown"], Field(description="How it stands.")]
    reason: Annotated[str, Field(min_length=1, max_length=1024, description="One CamelCase word.")]
    message: Annotated[str, Field(max_length=32768, description="A sentence for a person.")]
    last_transition_time: Annotated[datetime, Field(description="When the status last changed.")]
    observed_generation: Annotated[
        int | None, Field(ge=0, description="The generation this was judged on.")
    ] = None


class Workers(Model):
    """Dask workers."""

    desired: Annotated[int, Field(ge=0, description="How many are asked for.")]
    ready: Annotated[int, Field(ge=0, description="How many the scheduler knows.")]


class Tasks(Model):
    """Single tasks and children of mapped tasks; no mapped parents, Parameters or constants."""

    total: Annotated[int, Field(ge=0, description="All that are known.")] = 0
    pending: Annotated[int, Field(ge=0, description="Not begun.")] = 0
    running: Annotated[int, Field(ge=0, description="Begun, not ended.")] = 0
    succeeded: Annotated[int, Field(ge=0, description="Ended well.")] = 0
    failed: Annotated[int, Field(ge=0, description="Ended badly.")] = 0
    skipped: Annotated[int, Field(ge=0, description="Not run, as the flow said.")] = 0


class Usage(Model):
    """What was used, and what was reserved for it."""

    worker_seconds: Annotated[
        float, Field(ge=0, description="Dask workers, times the seconds that each was there.")
    ] = 0
    cpu_seconds: Annotated[
        float, Field(ge=0, description="CPUs that the pods requested, times seconds.")
    ] = 0
    memory_gibibyte_seconds: Annotated[
        float,
        Field(
            ge=0,
            description="GiB of memory that the pods requested, times seconds.",
        ),
    ] = 0
    peak_memory_bytes: Annotated[
        int,
        Field(ge=0, description="The most that all workers together told their scheduler."),
    ] = 0


class Attempt(Model):
    """One try at the run, under names of its own."""

    number: Annotated[int, Field(ge=1, description="1 for the first.")]
    start_time: Annotated[datetime, Field(description="When it was decided.")]
    stop_time: Annotated[
        datetime | None, Field(description="When its runner was to stop, for the reason below.")
    ] = None
    end_time: Annotated[datetime | None, Field(description="When it ended.")] = None
    cluster_name: Annotated[str, Field(description="Its DaskCluster.")]
    cluster_uid: Annotated[
        str | None, Field(alias="clusterUID", description="Set once the DaskCluster exists.")
    ] = None
    runner_pod_name: Annotated[str, Field(description="Its runner pod.")]
    runner_pod_uid: Annotated[
        str | None, Field(alias="runnerPodUID", description="Set once the runner pod exists.")
    ] = None
    exit_code: Annotated[int | None, Field(description="The runner's exit code.")] = None
    reason: Annotated[Reason | None, Field(description="Why it failed.")] = None
    message: Annotated[str | None, Field(max_length=4096, description="The same in words.")] = None
    tasks: Annotated[Tasks | None, Field(description="Tasks by state, at its end.")] = None
    tasks_resumed: Annotated[
        int | None,
        Field(ge=0, description="Of these, how many it took over from earlier attempts."),
    ] = None
    usage: Annotated[Usage | None, Field(description="What it used.")] = None
    post_mortem: Annotated[
        str | None,
        Field(
            description=(
                "The ConfigMap with its pods' last words, where it failed; empty where none could "
                "be written."
            ),
        ),
    ] = None

    @property
    def under_way(self) -> bool:
        """It has not ended."""
        return self.end_time is None


class FailedTask(Model):
    """One task that failed."""

    name: Annotated[str, Field(max_length=256, description="Name, with [i] for a mapped child.")]
    message: Annotated[str, Field(max_length=256, description="The exception, shortened.")]


class Summary(Model):
    """Words for kubectl's columns, which can neither join nor compute."""

    workers: Annotated[str, Field(description="ready/desired.")]
    tasks: Annotated[str, Field(description="ended well/total.")]
    duration: Annotated[str, Field(description="From start to end, or to the last write.")]


class FlowRunStatus(Model):
    """Written by the operator alone."""

    phase: Annotated[Phase | None, Field(description="Where the run is.")] = None
    conditions: Annotated[
        list[Condition],
        Field(
            max_length=16,
            description="What holds, and since when.",
            json_schema_extra=list_map("type"),
        ),
    ] = Field(default_factory=list)
    observed_generation: Annotated[
        int | None, Field(ge=0, description="The generation this status speaks of.")
    ] = None
    reason: Annotated[Reason | None, Field(description="Why it failed, or cannot start yet.")] = (
        None
    )
    message: Annotated[str | None, Field(max_length=4096, description="The same in words.")] = None
    attempt: Annotated[int | None, Field(ge=1, description="Number of the last attempt.")] = None
    attempts: Annotated[
        list[Attempt],
        Field(
            max_length=64,
            description="Every attempt, oldest first.",
            json_schema_extra=list_map("number"),
        ),
    ] = Field(default_factory=list)
    start_time: Annotated[
        datetime | None, Field(description="When its first attempt began, or the resumed one.")
    ] = None
    completion_time: Annotated[datetime | None, Field(description="When it ended.")] = None
    cluster_name: Annotated[str | None, Field(description="The last attempt's DaskCluster.")] = None
    runner_pod_name: Annotated[str | None, Field(description="The last attempt's runner pod.")] = (
        None
    )
    scheduler_address: Annotated[
        str | None, Field(description="Where Dask clients connect; gone when the cluster is.")
    ] = None
    dashboard_url: Annotated[
        str | None,
        Field(alias="dashboardURL", description="Dask's dashboard; gone when the cluster is."),
    ] = None
    workers: Annotated[Workers | None, Field(description="Dask workers.")] = None
    tasks: Annotated[Tasks | None, Field(description="Tasks by state.")] = None
    failed_tasks: Annotated[
        list[FailedTask], Field(max_length=5, description="The first five that failed.")
    ] = Field(default_factory=list)
    result: Annotated[
        Any,
        Field(description="The only reference task's value, if it is JSON of at most 512 bytes."),
    ] = None
    results_url: Annotated[
        str | None,
        Field(
            alias="resultsURL",
            description="Where results are kept; gone when the runner has removed them.",
        ),
    ] = None
    usage: Annotated[Usage | None, Field(description="All attempts together.")] = None
    admitted: Annotated[
        bool | None,
        Field(description="Whether its concurrency group has a place; absent while it waits."),
    ] = None
    replaced_by: Annotated[
        str | None,
        Field(max_length=63, description="The FlowRun of its group that takes its place."),
    ] = None
    summary: Annotated[Summary | None, Field(description="Words for kubectl's columns.")] = None
