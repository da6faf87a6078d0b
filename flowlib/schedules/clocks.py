"""Clocks: endless or not, they say when something happens, in order.

The zone of a clock's start_date rules: wall time means the time there. A time without a zone is
UTC. The start itself counts, and so does the end.
"""

import datetime
import functools
import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import croniter
import pendulum
from dateutil import rrule

DAY = datetime.timedelta(days=1)


@functools.total_ordering
class ClockEvent:
    """A time, and what the clock has to say to the run: parameter_defaults and labels.

    It compares with times as its start_time does.
    """

    def __init__(
        self,
        start_time: datetime.datetime,
        parameter_defaults: dict[str, Any] | None = None,
        labels: Iterable[str] | None = None,
    ) -> None:
        self.start_time = start_time
        self.parameter_defaults = parameter_defaults or {}
        self.labels = None if labels is None else list(labels)

    @property
    def moment(self) -> float:
        """To compare by: of two times in one zone Python compares the wall times only."""
        return self.start_time.timestamp()

    def __eq__(self, other: object) -> bool:
        if isinstance(other, ClockEvent):
            return self.moment == other.moment and (
                (self.parameter_defaults, self.labels) == (other.parameter_defaults, other.labels)
            )
        return self.start_time == other

    def __lt__(self, other: Any) -> bool:
        if isinstance(other, ClockEvent):
            return self.moment < other.moment
        return bool(self.start_time < other)

    def __hash__(self) -> int:
        return hash(self.start_time)

    def __repr__(self) -> str:
        return f"<ClockEvent: {self.start_time}>"


class Clock:
    """The base: a subclass says at which ``_times`` its events are."""

    def __init__(
        self,
        start_date: datetime.datetime | None = None,
        end_date: datetime.datetime | None = None,
        parameter_defaults: dict[str, Any] | None = None,
        labels: Iterable[str] | None = None,
    ) -> None:
        self.start_date = None if start_date is None else pendulum.instance(start_date)
        self.end_date = None if end_date is None else pendulum.instance(end_date)
        self.parameter_defaults = parameter_defaults or {}
        self.labels = None if labels is None else list(labels)

    def events(self, after: datetime.datetime | None = None) -> Iterator[ClockEvent]:
        """The events strictly after this time, by default after now."""
        since = pendulum.now("utc") if after is None else pendulum.instance(after)
        if self.start_date is not None and since < self.start_date:
            since = self.start_date - datetime.timedelta(microseconds=1)
        last = since.timestamp()
        end = math.inf if self.end_date is None else self.end_date.timestamp()
        for time in self._times(since):
            event = ClockEvent(time, self.parameter_defaults, self.labels)
            if event.moment > end:
                return
            # Around a change of clocks, two wall times may be the same moment.
            if event.moment > last:
                last = event.moment
                yield event

    def _times(self, after: pendulum.DateTime) -> Iterator[pendulum.DateTime]:
        """The times, from one not later than the first after ``after``."""
        raise NotImplementedError(f"{type(self).__name__} says nothing of its times.")


class IntervalClock(Clock):
    """Every interval from start_date on, by default from 2019-01-01 UTC.

    Over a change of clocks whole days keep the wall time, and the rest is time that has passed: a
    daily clock stays at 9 o'clock, an hourly one fires each hour. Raises TypeError if the interval
    is no timedelta, ValueError if it is not above zero.
    """

    def __init__(
        self,
        interval: datetime.timedelta,
        start_date: datetime.datetime | None = None,
        end_date: datetime.datetime | None = None,
        parameter_defaults: dict[str, Any] | None = None,
        labels: Iterable[str] | None = None,
    ) -> None:
        if not isinstance(interval, datetime.timedelta):
            raise TypeError(f"The interval of a clock is a timedelta, not {interval!r}.")
        if interval <= datetime.timedelta(0):
            raise ValueError(f"The interval of a clock must be greater than 0, not {interval}.")
        self.interval = interval
        super().__init__(start_date, end_date, parameter_defaults, labels)

    @property
    def _start(self) -> pendulum.DateTime:
        return self.start_date or pendulum.datetime(2019, 1, 1)

    def _times(self, after: pendulum.DateTime) -> Iterator[pendulum.DateTime]:
        first = self._number_before(after)
        before = self._time(first)
        yield before
        for number in itertools.count(first + 1):
            time = self._time(number)
            # The hour that autumn brings: it is passed through, not skipped.
            while _passed(before, time) >= 2 * self.interval:
                before = _later(before, self.interval)
                yield before
            yield time
            if _passed(before, time) > datetime.timedelta(0):
                before = time

    def _time(self, number: int) -> pendulum.DateTime:
        passed = self.interval * number
        return _later(self._start.add(days=passed.days), passed - DAY * passed.days)

    def _number_before(self, after: pendulum.DateTime) -> int:
        """The number of an event that is not later than the first one after ``after``."""
        start = self._start
        here = after.in_timezone(start.timezone or "UTC")
        wall = _passed(start.naive(), here.naive())
        return max((wall - _unsteady(here)) // self.interval - 1, 0)


class CronClock(Clock):
    """At the wall times of a cron line.

    In autumn, times of the hour that comes twice fire once, when it comes again; in spring, those
    of the missing hour fire an hour later. ``day_or=False``: day of month and day of week must
    both fit. Raises ValueError for a line that is none.
    """

    def __init__(
        self,
        cron: str,
        start_date: datetime.datetime | None = None,
        end_date: datetime.datetime | None = None,
        parameter_defaults: dict[str, Any] | None = None,
        labels: Iterable[str] | None = None,
        day_or: bool | None = None,
    ) -> None:
        if not croniter.croniter.is_valid(cron):
            raise ValueError(f"Invalid cron string: {cron!r}")
        self.cron = cron
        self.day_or = True if day_or is None else day_or
        super().__init__(start_date, end_date, parameter_defaults, labels)

    def _times(self, after: pendulum.DateTime) -> Iterator[pendulum.DateTime]:
        zone = "UTC" if self.start_date is None else (self.start_date.timezone or "UTC")
        # croniter steps through wall time only: changes of clocks are told here.
        here = after.in_timezone(zone)
        wall = here.naive() - _unsteady(here)
        line = croniter.croniter(self.cron, wall, day_or=self.day_or)
        while True:
            yield _at(line.get_next(datetime.datetime), zone)


class DatesClock(Clock):
    """At these times."""

    def __init__(
        self,
        dates: Sequence[datetime.datetime],
        parameter_defaults: dict[str, Any] | None = None,
        labels: Iterable[str] | None = None,
    ) -> None:
        if not dates:
            raise ValueError("A DatesClock needs at least one time.")
        self.dates = dates
        times = [pendulum.instance(date) for date in dates]
        super().__init__(min(times), max(times), parameter_defaults, labels)

    def _times(self, after: pendulum.DateTime) -> Iterator[pendulum.DateTime]:
        yield from sorted(pendulum.instance(date) for date in self.dates)


class RRuleClock(Clock):
    """At the times of dateutil's rrule or rruleset. Raises TypeError for anything else."""

    def __init__(
        self,
        rrule_obj: rrule.rrulebase,
        start_date: datetime.datetime | None = None,
        end_date: datetime.datetime | None = None,
        parameter_defaults: dict[str, Any] | None = None,
        labels: Iterable[str] | None = None,
    ) -> None:
        if not isinstance(rrule_obj, rrule.rrulebase):
            raise TypeError(f"An RRuleClock takes dateutil's rrule or rruleset, not {rrule_obj!r}.")
        self.rrule_obj = rrule_obj
        super().__init__(start_date, end_date, parameter_defaults, labels)

    def _times(self, after: pendulum.DateTime) -> Iterator[pendulum.DateTime]:
        first = next(iter(self.rrule_obj), None)
        if first is None:
            return
        # dateutil compares times with zones only with such, and without only with such.
        since: datetime.datetime = after
        if first.tzinfo is None:
            since = after.in_timezone("UTC").naive()
        for time in self.rrule_obj.xafter(since):
            yield pendulum.instance(time)


def _passed(start: pendulum.DateTime, end: pendulum.DateTime) -> datetime.timedelta:
    return datetime.timedelta(seconds=(end - start).total_seconds())


def _later(time: pendulum.DateTime, passed: datetime.timedelta) -> pendulum.DateTime:
    """The time when so much time has passed."""
    if not passed:
        return time
    return (time.in_timezone("UTC") + passed).in_timezone(time.timezone or "UTC")


def _unsteady(time: pendulum.DateTime) -> datetime.timedelta:
    """How far to look back where clocks change about this time: wall time is no measure then."""
    steady = time.subtract(days=1).utcoffset() == time.add(days=1).utcoffset()
    return datetime.timedelta(0) if steady else datetime.timedelta(hours=3)


def _at(wall: datetime.datetime, zone: Any) -> pendulum.DateTime:
    """The moment at which the clocks of a zone show this: the later one of two, and of none that
    at which they would show it, had they not gone forward."""
    return pendulum.instance(wall.replace(fold=1), tz=zone)
