"""Adjustments: functions of an event's time that answer another time."""

import datetime
from collections.abc import Callable

import pendulum

Adjustment = Callable[[datetime.datetime], datetime.datetime]


def add(interval: datetime.timedelta) -> Adjustment:
    """Later by this interval."""

    def adjust(dt: datetime.datetime) -> datetime.datetime:
        return pendulum.instance(dt) + interval

    return adjust


def next_weekday(dt: datetime.datetime) -> datetime.datetime:
    """From a weekend to the Monday after it, at the same time of day."""
    return pendulum.instance(dt).add(days=max(7 - dt.weekday(), 0) if dt.weekday() > 4 else 0)
