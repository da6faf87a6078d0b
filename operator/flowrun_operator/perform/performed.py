"""What came of the steps, for the report."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flowrun_operator.observe.memory import Refusal
from flowrun_operator.plan.actions import Kind


@dataclass(frozen=True)
class Performed:
    """Nothing, where there was nothing to do."""

    uids: Mapping[Kind, str] = field(default_factory=dict)  # of what was created, or found created
    refusals: tuple[Refusal, ...] = ()
    created: bool = False  # something was to be created
    released: bool = False  # the DaskCluster's deletion was asked for
    gone: frozenset[str] = frozenset()  # uids of which the API server says that they are gone
    post_mortem: str | None = None  # the bundle that was made; "" where none could be
