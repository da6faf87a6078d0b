"""When a flow runs: clocks say when, filters leave out, adjustments shift."""

from flowlib.schedules import adjustments, clocks, filters
from flowlib.schedules.schedules import (
    CronSchedule,
    IntervalSchedule,
    RRuleSchedule,
    Schedule,
)

__all__ = [
    "CronSchedule",
    "IntervalSchedule",
    "RRuleSchedule",
    "Schedule",
    "adjustments",
    "clocks",
    "filters",
]
