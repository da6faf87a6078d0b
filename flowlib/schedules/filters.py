"""Filters: functions of an event's time that say whether it is wanted.

Days and times of day are those of the event's own zone.
"""

import datetime
from collections.abc import Callable

Filter = Callable[[datetime.datetime], bool]


def on_datetime(dt: datetime.datetime) -> Filter:
    """At this very time."""
    return lambda event: event == dt


def between_datetimes(start: datetime.datetime, end: datetime.datetime) -> Filter:
    """From start to end, both included."""
    return lambda event: start <= event <= end


def on_date(month: int, day: int) -> Filter:
    """On this day of each year; January is 1."""
    return lambda event: (event.month, event.day) == (month, day)


def between_dates(start_month: int, start_day: int, end_month: int, end_day: int) -> Filter:
    """From one day of the year to another, both included; over the turn of the year, too."""
    start, end = (start_month, start_day), (end_month, end_day)

    def wanted(event: datetime.datetime) -> bool:
        day = (event.month, event.day)
        return start <= day <= end if start <= end else day >= start or day <= end

    return wanted


def at_time(t: datetime.time) -> Filter:
    """At this time of day."""
    return lambda event: event.time() == t


def between_times(start: datetime.time, end: datetime.time) -> Filter:
    """From one time of day to another, both included; over midnight, too."""

    def wanted(event: datetime.datetime) -> bool:
        time = event.time()
        return start <= time <= end if start <= end else time >= start or time <= end

    return wanted


def is_weekday(dt: datetime.datetime) -> bool:
    """Monday to Friday."""
    return dt.weekday() < 5


def is_weekend(dt: datetime.datetime) -> bool:
    """Saturday and Sunday."""
    return dt.weekday() > 4


def is_month_start(dt: datetime.datetime) -> bool:
    """The first day of the month."""
    return dt.day == 1


def is_month_end(dt: datetime.datetime) -> bool:
    """The last day of the month."""
    return (dt.date() + datetime.timedelta(days=1)).day == 1


def is_day_of_week(day_of_week: int) -> Filter:
    """On this day of the week: 0 is Monday, 6 is Sunday."""
    return lambda event: event.weekday() == day_of_week
