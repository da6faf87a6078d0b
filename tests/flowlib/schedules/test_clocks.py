"""Clocks: when they fire, changes of clocks included."""

import datetime
import itertools
from typing import Any

import pendulum
import pytest
from dateutil import rrule

from flowlib.schedules.clocks import (
    Clock,
    ClockEvent,
    CronClock,
    DatesClock,
    IntervalClock,
    RRuleClock,
)

NEW_YORK = "America/New_York"
HOUR = datetime.timedelta(hours=1)
DAY = datetime.timedelta(days=1)


def at(text: str, zone: str = "UTC") -> pendulum.DateTime:
    parsed = pendulum.parse(text, tz=zone)
    assert isinstance(parsed, pendulum.DateTime)
    return parsed


def fired(clock: Clock, after: str, number: int, zone: str = "UTC") -> list[str]:
    """Wall times with their offsets, as ``11-04 01:00-05``."""
    times = (event.start_time for event in clock.events(at(after, zone)))
    return [time.strftime("%m-%d %H:%M%z")[:-2] for time in itertools.islice(times, number)]


def three_days() -> rrule.rruleset:
    days = rrule.rruleset()
    for day in (3, 1, 2):
        days.rdate(datetime.datetime(2020, 1, day))
    return days


# In New York, clocks of 2018 went forward on March 11 at 2:00, and back on November 4 at 2:00.
TIMES: dict[str, tuple[Clock, str, list[str]]] = {
    "hourly from 2019 on": (IntervalClock(HOUR), "2020-05-01 00:30", ["05-01 01:00+00"]),
    "the start counts": (
        IntervalClock(HOUR, at("2020-01-01")),
        "2019-01-01",
        ["01-01 00:00+00", "01-01 01:00+00"],
    ),
    "strictly after": (
        IntervalClock(HOUR, at("2020-01-01")),
        "2020-01-01",
        ["01-01 01:00+00", "01-01 02:00+00"],
    ),
    "the end counts": (
        IntervalClock(HOUR, at("2020-01-01"), at("2020-01-01 01:00")),
        "2019-01-01",
        ["01-01 00:00+00", "01-01 01:00+00"],
    ),
    "daily keeps wall time in spring": (
        IntervalClock(DAY, at("2018-03-01 09:00", NEW_YORK)),
        "2018-03-10",
        ["03-10 09:00-05", "03-11 09:00-04", "03-12 09:00-04"],
    ),
    "daily keeps wall time in autumn, years later": (
        IntervalClock(DAY, at("2015-07-01 09:00", NEW_YORK)),
        "2018-11-03 13:00",
        ["11-04 09:00-05", "11-05 09:00-05"],
    ),
    "hourly is each hour in spring": (
        IntervalClock(HOUR, at("2018-03-11", NEW_YORK)),
        "2018-03-11 05:30",
        ["03-11 01:00-05", "03-11 03:00-04", "03-11 04:00-04"],
    ),
    "hourly is each hour in autumn": (
        IntervalClock(HOUR, at("2018-11-04", NEW_YORK)),
        "2018-11-04 04:30",
        ["11-04 01:00-04", "11-04 01:00-05", "11-04 02:00-05"],
    ),
    "hourly is each hour at the end of a day of 25": (
        IntervalClock(HOUR, at("2018-11-01", NEW_YORK)),
        "2018-11-05 02:30",
        ["11-04 22:00-05", "11-04 23:00-05", "11-05 00:00-05", "11-05 01:00-05"],
    ),
    "hourly is each hour at the end of a day of 23": (
        IntervalClock(HOUR, at("2018-03-01", NEW_YORK)),
        "2018-03-12 02:30",
        ["03-11 23:00-04", "03-12 00:00-04", "03-12 01:00-04"],
    ),
    "an interval of a day and a half": (
        IntervalClock(1.5 * DAY, at("2018-11-03", NEW_YORK)),
        "2018-11-01",
        ["11-03 00:00-04", "11-04 11:00-05", "11-06 00:00-05"],
    ),
    "a naive start is UTC": (
        IntervalClock(DAY, datetime.datetime(2020, 1, 1, 5)),
        "2020-02-01 04:00",
        ["02-01 05:00+00"],
    ),
    "cron": (CronClock("*/15 8 * * 1-5"), "2026-11-27 08:40", ["11-27 08:45+00", "11-30 08:00+00"]),
    "cron where the start is": (
        CronClock("0 9 * * *", at("2018-03-10 09:00", NEW_YORK)),
        "2018-01-01",
        ["03-10 09:00-05", "03-11 09:00-04"],
    ),
    "cron until the end": (
        CronClock("0 9 * * *", at("2018-03-10"), at("2018-03-11 09:00")),
        "2018-01-01",
        ["03-10 09:00+00", "03-11 09:00+00"],
    ),
    "hourly cron in spring": (
        CronClock("0 * * * *", at("2018-03-01", NEW_YORK)),
        "2018-03-11 05:30",
        ["03-11 01:00-05", "03-11 03:00-04", "03-11 04:00-04"],
    ),
    "cron in the hour that is missing": (
        CronClock("30 2 * * *", at("2018-03-01", NEW_YORK)),
        "2018-03-10 12:00",
        ["03-11 03:30-04", "03-12 02:30-04"],
    ),
    "hourly cron in autumn": (
        CronClock("0 * * * *", at("2018-11-01", NEW_YORK)),
        "2018-11-04 03:30",
        ["11-04 00:00-04", "11-04 01:00-05", "11-04 02:00-05", "11-04 03:00-05"],
    ),
    "cron in the first of the hour that comes twice": (
        CronClock("30 1 * * *", at("2018-11-01", NEW_YORK)),
        "2018-11-04 05:40",
        ["11-04 01:30-05", "11-05 01:30-05"],
    ),
    "cron in the second of the hour that comes twice": (
        CronClock("30 1 * * *", at("2018-11-01", NEW_YORK)),
        "2018-11-04 06:40",
        ["11-05 01:30-05"],
    ),
    "cron, either day": (
        CronClock("0 0 13 * 5"),
        "2026-11-26",
        ["11-27 00:00+00", "12-04 00:00+00"],
    ),
    "cron, both days": (
        CronClock("0 0 13 * 5", day_or=False),
        "2026-11-26",
        ["08-13 00:00+00"],
    ),
    "dates in order": (
        DatesClock([at("2020-02-01"), at("2020-01-01"), at("2019-01-01")]),
        "2019-06-01",
        ["01-01 00:00+00", "02-01 00:00+00"],
    ),
    "a rule": (
        RRuleClock(rrule.rrule(rrule.DAILY, dtstart=datetime.datetime(2020, 1, 1, 9), count=3)),
        "2020-01-01 09:00",
        ["01-02 09:00+00", "01-03 09:00+00"],
    ),
    "a rule without a zone is UTC, wherever the start is": (
        RRuleClock(
            rrule.rrule(rrule.DAILY, dtstart=datetime.datetime(2018, 1, 1, 9)),
            at("2018-11-03 09:00", NEW_YORK),
        ),
        "2018-01-01",
        ["11-04 09:00+00", "11-05 09:00+00"],
    ),
    "a rule over a change of clocks": (
        RRuleClock(rrule.rrule(rrule.DAILY, dtstart=at("2018-11-03 09:00", NEW_YORK))),
        "2018-01-01",
        ["11-03 09:00-04", "11-04 09:00-05"],
    ),
    "a rule with a zone": (
        RRuleClock(
            rrule.rrule(rrule.DAILY, dtstart=at("2020-01-01 09:00"), until=at("2020-01-02 12:00"))
        ),
        "2020-01-01",
        ["01-01 09:00+00", "01-02 09:00+00"],
    ),
    "rules together, to the end": (
        RRuleClock(three_days(), end_date=at("2020-01-02")),
        "2019-01-01",
        ["01-01 00:00+00", "01-02 00:00+00"],
    ),
    "a rule without times": (RRuleClock(rrule.rruleset()), "2019-01-01", []),
}


@pytest.mark.parametrize(("clock", "after", "expected"), TIMES.values(), ids=TIMES.keys())
def test_when_a_clock_fires(clock: Clock, after: str, expected: list[str]) -> None:
    assert fired(clock, after, len(expected) + (not expected)) == expected


ENDS = ["the end counts", "cron until the end", "dates in order", "a rule with a zone"]


@pytest.mark.parametrize("name", ENDS)
def test_a_clock_ends(name: str) -> None:
    clock, after, expected = TIMES[name]
    assert fired(clock, after, 10) == expected


@pytest.mark.parametrize("zone", ["UTC", NEW_YORK, "Australia/Lord_Howe"])
@pytest.mark.parametrize("minutes", [7, 30, 60, 6 * 60, 24 * 60, 36 * 60])
def test_it_does_not_matter_from_where_one_looks(zone: str, minutes: int) -> None:
    """Events after any of the events are the ones that follow it: a year, far from the start."""
    clock = IntervalClock(datetime.timedelta(minutes=minutes), at("2015-02-03 00:15", zone))
    for start in ("2018-03-10 20:00", "2018-03-31", "2018-10-06", "2018-11-03 20:00"):
        events = clock.events(at(start))
        times = [event.start_time for event in itertools.islice(events, 200)]
        moments = [time.timestamp() for time in times]
        assert moments == sorted(set(moments))
        for number in (0, 80, 198):
            assert next(clock.events(times[number])).start_time == times[number + 1]
            half = (moments[number + 1] - moments[number]) / 2
            between = pendulum.from_timestamp(moments[number] + half)
            assert next(clock.events(between)).start_time == times[number + 1]


def test_an_interval_without_a_start_has_none() -> None:
    assert IntervalClock(HOUR).start_date is None
    assert IntervalClock(HOUR).end_date is None


def test_without_a_time_it_is_after_now() -> None:
    now = pendulum.now("utc")
    for clock in (IntervalClock(HOUR), CronClock("0 * * * *")):
        first = next(clock.events()).start_time
        assert isinstance(first, pendulum.DateTime)
        assert now < first <= pendulum.now("utc") + HOUR


WRONG: list[tuple[Any, type[Exception], str]] = [
    (lambda: IntervalClock(60), TypeError, "timedelta"),  # type: ignore[arg-type]
    (lambda: IntervalClock(None), TypeError, "timedelta"),  # type: ignore[arg-type]
    (lambda: IntervalClock(datetime.timedelta(0)), ValueError, "greater than 0"),
    (lambda: IntervalClock(-HOUR), ValueError, "greater than 0"),
    (lambda: CronClock("every day"), ValueError, "Invalid cron string: 'every day'"),
    (lambda: CronClock("99 * * * *"), ValueError, "Invalid cron string"),
    (lambda: RRuleClock("FREQ=DAILY"), TypeError, "rrule or rruleset"),
    (lambda: DatesClock([]), ValueError, "at least one"),
    (lambda: next(Clock().events()), NotImplementedError, "Clock"),
]


@pytest.mark.parametrize(("make", "error", "said"), WRONG)
def test_wrong_clocks(make: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        make()


@pytest.mark.parametrize(
    "make",
    [
        lambda **more: IntervalClock(HOUR, **more),
        lambda **more: CronClock("0 * * * *", **more),
        lambda **more: DatesClock([at("2100-01-01")], **more),
        lambda **more: RRuleClock(rrule.rrule(rrule.HOURLY), **more),
    ],
)
def test_events_say_what_the_clock_says(make: Any) -> None:
    event = next(make(parameter_defaults={"x": 1}, labels=["a"]).events())
    assert (event.parameter_defaults, event.labels) == ({"x": 1}, ["a"])
    event = next(make().events())
    assert (event.parameter_defaults, event.labels) == ({}, None)


def test_events_compare_with_times() -> None:
    early, late = at("2020-01-01"), at("2020-01-02")
    assert ClockEvent(early) == early
    assert ClockEvent(early) < late
    assert ClockEvent(late) > early
    assert ClockEvent(early) <= ClockEvent(early) < ClockEvent(late)
    assert ClockEvent(early) == ClockEvent(early)
    assert ClockEvent(early) != ClockEvent(early, {"x": 1})
    assert sorted([ClockEvent(late), ClockEvent(early)])[0].start_time == early
    assert len({ClockEvent(early), ClockEvent(early)}) == 1
