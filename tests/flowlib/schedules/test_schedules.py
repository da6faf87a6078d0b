"""Schedules: clocks, filters and adjustments together."""

import datetime
from typing import Any

import pendulum
import pytest
from dateutil import rrule

from flowlib.schedules import (
    CronSchedule,
    IntervalSchedule,
    RRuleSchedule,
    Schedule,
    adjustments,
    clocks,
    filters,
)

DAY = datetime.timedelta(days=1)
#: A Thursday.
START = pendulum.datetime(2026, 11, 26)
time = datetime.time


def days(schedule: Schedule, number: int) -> list[int]:
    return [when.day for when in schedule.next(number, after=START)]


def of(*times: str) -> list[bool]:
    return [bool(t) for t in times]


# A filter, times it lets through, and times it does not.
FILTERS: dict[str, tuple[filters.Filter, list[str], list[str]]] = {
    "on_datetime": (filters.on_datetime(START), ["2026-11-26"], ["2026-11-26 00:01"]),
    "between_datetimes": (
        filters.between_datetimes(START, START + DAY),
        ["2026-11-26", "2026-11-26 12:00", "2026-11-27"],
        ["2026-11-25 23:59", "2026-11-27 00:01"],
    ),
    "on_date": (filters.on_date(2, 29), ["2024-02-29"], ["2024-02-28", "2024-03-29"]),
    "between_dates": (
        filters.between_dates(3, 5, 3, 10),
        ["2020-03-05", "2021-03-10 23:00"],
        ["2020-03-04", "2020-03-11", "2020-04-06"],
    ),
    "between_dates over the year": (
        filters.between_dates(11, 15, 2, 1),
        ["2020-11-15", "2020-12-31", "2020-02-01"],
        ["2020-11-14", "2020-02-02", "2020-06-01"],
    ),
    "between_dates over the year in one month": (
        filters.between_dates(5, 20, 5, 10),
        ["2020-05-20", "2020-01-01", "2020-05-10"],
        ["2020-05-15"],
    ),
    "at_time": (filters.at_time(time(9, 30)), ["2020-01-01 09:30"], ["2020-01-01 09:31"]),
    "between_times": (
        filters.between_times(time(9), time(17)),
        ["2020-01-01 09:00", "2020-01-01 17:00"],
        ["2020-01-01 08:59", "2020-01-01 17:01"],
    ),
    "between_times over midnight": (
        filters.between_times(time(22), time(2)),
        ["2020-01-01 22:00", "2020-01-01 00:00", "2020-01-01 02:00"],
        ["2020-01-01 21:59", "2020-01-01 02:01"],
    ),
    "is_weekday": (filters.is_weekday, ["2026-11-23", "2026-11-27"], ["2026-11-28", "2026-11-29"]),
    "is_weekend": (filters.is_weekend, ["2026-11-28", "2026-11-29"], ["2026-11-27", "2026-11-30"]),
    "is_month_start": (filters.is_month_start, ["2026-11-01 13:00"], ["2026-11-02"]),
    "is_month_end": (
        filters.is_month_end,
        ["2026-11-30", "2024-02-29 13:00", "2026-12-31"],
        ["2026-11-29", "2024-02-28"],
    ),
    "is_day_of_week, Monday": (filters.is_day_of_week(0), ["2026-11-30"], ["2026-11-29"]),
    "is_day_of_week, Sunday": (filters.is_day_of_week(6), ["2026-11-29"], ["2026-11-30"]),
}


@pytest.mark.parametrize(("wanted", "passing", "held"), FILTERS.values(), ids=FILTERS.keys())
def test_filters(wanted: filters.Filter, passing: list[str], held: list[str]) -> None:
    for text in passing + held:
        assert wanted(pendulum.parse(text)) is (text in passing), text  # type: ignore[arg-type]


def test_all_filters_one_of_or_filters_none_of_not_filters() -> None:
    schedule = Schedule(
        [clocks.IntervalClock(DAY)],
        filters=[filters.between_dates(11, 1, 12, 9), filters.is_weekday],
        or_filters=[filters.is_month_end, filters.is_day_of_week(2)],
        not_filters=[filters.on_date(12, 2)],
    )
    assert days(schedule, 2) == [30, 9]


def test_adjustments_come_after_filters_and_in_order() -> None:
    schedule = Schedule(
        [clocks.IntervalClock(DAY)],
        filters=[filters.is_weekend],
        adjustments=[adjustments.next_weekday, adjustments.add(datetime.timedelta(hours=3))],
    )
    assert schedule.next(2, after=START) == [pendulum.datetime(2026, 11, 30, 3)] * 2


@pytest.mark.parametrize(("day", "adjusted"), [(27, 27), (28, 30), (29, 30), (30, 30)])
def test_next_weekday(day: int, adjusted: int) -> None:
    when = adjustments.next_weekday(datetime.datetime(2026, 11, day, 5))
    assert (when.day, when.hour) == (adjusted, 5)


def test_events_that_two_clocks_have_come_once() -> None:
    clock = clocks.IntervalClock
    assert days(Schedule([clock(DAY), clock(2 * DAY)]), 4) == [27, 28, 29, 30]
    differing = Schedule(
        [clock(DAY, parameter_defaults={"x": 1}), clock(DAY, parameter_defaults={"x": 2})]
    )
    events = differing.next(3, after=START, return_events=True)
    assert [(e.start_time.day, e.parameter_defaults) for e in events] == [
        (27, {"x": 1}),
        (27, {"x": 2}),
        (28, {"x": 1}),
    ]


def test_it_gives_up_after_ten_thousand_events() -> None:
    looked_at: list[Any] = []
    schedule = Schedule(
        [clocks.IntervalClock(datetime.timedelta(minutes=1))],
        filters=[lambda when: looked_at.append(when) is not None],
    )
    assert schedule.next(1) == []
    assert len(looked_at) == 10_000


def test_start_and_end_of_all_clocks() -> None:
    first, last = pendulum.datetime(2020, 1, 1), pendulum.datetime(2021, 1, 1)
    schedule = Schedule(
        [
            clocks.IntervalClock(DAY, start_date=last),
            clocks.IntervalClock(DAY, start_date=first, end_date=last),
            clocks.CronClock("0 0 * * *", end_date=first),
        ]
    )
    assert (schedule.start_date, schedule.end_date) == (first, last)
    assert Schedule([clocks.CronClock("0 0 * * *")]).end_date is None


def test_schedules_of_one_clock() -> None:
    end = START + 2 * DAY
    assert days(IntervalSchedule(START, DAY, end), 5) == [27, 28]
    assert days(CronSchedule("0 0 * * *", START, end), 5) == [27, 28]
    assert days(CronSchedule("0 0 13 * 5", START, day_or=False), 1) == [13]
    daily = rrule.rrule(rrule.DAILY, dtstart=datetime.datetime(2026, 11, 26))
    assert days(RRuleSchedule(daily, end_date=end), 5) == [27, 28]
    # The start comes first in an IntervalSchedule, so an interval alone is a mistake.
    with pytest.raises(TypeError, match="timedelta"):
        IntervalSchedule(DAY)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="list of clocks"):
        Schedule(5)  # type: ignore[arg-type]
