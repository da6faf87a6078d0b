"""What a spec says about a run among other runs, and about its attempts."""

from typing import Annotated, Literal

from pydantic import Field

from flowrun_operator.api.model import Model, cel
from flowrun_operator.api.reasons import CHOSEN, Reason


class RetryRule(Model):
    """What follows from one reason of failure."""

    model_config = cel(
        f"!(self.reason in {sorted(reason.value for reason in CHOSEN)})",
        "reason must be one of a failure: what somebody chose is not retried",
    )

    reason: Annotated[Reason, Field(description="Why the attempt failed.")]
    action: Annotated[
        Literal["Retry", "Fail"],
        Field(description="Another attempt, within backoffLimit, or none."),
    ]
    cluster: Annotated[
        Literal["Recreate", "Reuse"],
        Field(
            description=(
                "Whether the next attempt gets a DaskCluster of its own, or the one that is there; "
                "one that is lost is made anew in any case."
            ),
        ),
    ] = "Recreate"


class Concurrency(Model):
    """Overlap control across all creators of a namespace: CronJobs, people, Helm."""

    group: Annotated[
        str,
        Field(
            min_length=1,
            max_length=63,
            pattern=r"^[a-zA-Z0-9]([-a-zA-Z0-9_.]*[a-zA-Z0-9])?$",
            description="Runs of one group share the limit.",
        ),
    ]
    limit: Annotated[
        int, Field(ge=1, le=10000, description="So many of the group run at the same time.")
    ] = 1
    policy: Annotated[
        Literal["Queue", "Forbid", "Replace"],
        Field(
            description=(
                "Where the group is full: wait, first come first served; be Cancelled; or have the "
                "oldest runs of the group cancelled."
            ),
        ),
    ] = "Queue"
