"""Schedule: clocks, filters and adjustments together."""

import datetime
import heapq
import itertools
import operator
from collections.abc import Iterable, Iterator
from typing import Any, Literal, overload

from flowlib.schedules.adjustments import Adjustment
from flowlib.schedules.clocks import Clock, ClockEvent, CronClock, IntervalClock, RRuleClock
from flowlib.schedules.filters import Filter

#: Events that are looked at for an answer: filters may let none pass.
LIMIT = 10_000


class Schedule:
    """Events of the clocks that pass all ``filters``, one of ``or_filters``, none of
    ``not_filters``; then shifted by each of ``adjustments``. Raises TypeError without clocks.
    """

    def __init__(
        self,
        clocks: Iterable[Clock],
        filters: Iterable[Filter] | None = None,
        or_filters: Iterable[Filter] | None = None,
        not_filters: Iterable[Filter] | None = None,
        adjustments: Iterable[Adjustment] | None = None,
    ) -> None:
        if not isinstance(clocks, Iterable):
            raise TypeError(f"A schedule takes a list of clocks, not {clocks!r}.")
        self.clocks = list(clocks)
        self.filters = list(filters or ())
        self.or_filters = list(or_filters or ())
        self.not_filters = list(not_filters or ())
        self.adjustments = list(adjustments or ())

    @property
    def start_date(self) -> datetime.datetime | None:
        """The earliest start of a clock that has one."""
        return min((c.start_date for c in self.clocks if c.start_date), default=None)

    @property
    def end_date(self) -> datetime.datetime | None:
        """The latest end of a clock that has one."""
        return max((c.end_date for c in self.clocks if c.end_date), default=None)

    @overload
    def next(
        self, n: int, after: datetime.datetime | None = None, *, return_events: Literal[True]
    ) -> list[ClockEvent]: ...
    @overload
    def next(
        self, n: int, after: datetime.datetime | None = None, return_events: bool = False
    ) -> list[Any]: ...
    def next(
        self, n: int, after: datetime.datetime | None = None, return_events: bool = False
    ) -> list[Any]:
        """The next n times strictly after this one (by default after now), or their events.

        Fewer where the clocks end, or where 10,000 events were looked at.
        """
        wanted = filter(self._wanted, itertools.islice(self._events(after), LIMIT))
        events = [self._adjusted(event) for event in itertools.islice(wanted, n)]
        return events if return_events else [event.start_time for event in events]

    def _events(self, after: datetime.datetime | None) -> Iterator[ClockEvent]:
        """All clocks' events in order; an event that several have comes once."""
        moment = operator.attrgetter("moment")
        merged = heapq.merge(*(clock.events(after) for clock in self.clocks), key=moment)
        for _, same_time in itertools.groupby(merged, key=moment):
            seen: list[ClockEvent] = []
            for event in same_time:
                if event not in seen:
                    seen.append(event)
                    yield event

    def _wanted(self, event: ClockEvent) -> bool:
        time = event.start_time
        return (
            all(wanted(time) for wanted in self.filters)
            and (not self.or_filters or any(wanted(time) for wanted in self.or_filters))
            and not any(unwanted(time) for unwanted in self.not_filters)
        )

    def _adjusted(self, event: ClockEvent) -> ClockEvent:
        time = event.start_time
        for adjust in self.adjustments:
            time = adjust(time)
        return ClockEvent(time, event.parameter_defaults, event.labels)


def IntervalSchedule(
    start_date: datetime.datetime | None = None,
    interval: datetime.timedelta | None = None,
    end_date: datetime.datetime | None = None,
) -> Schedule:
    """Every interval from start_date on. The order of the arguments is Prefect's."""
    return Schedule([IntervalClock(interval, start_date, end_date)])  # type: ignore[arg-type]  # IntervalClock tells


def CronSchedule(
    cron: str,
    start_date: datetime.datetime | None = None,
    end_date: datetime.datetime | None = None,
    day_or: bool | None = None,
) -> Schedule:
    """At the wall times of a cron line, where start_date is."""
    return Schedule([CronClock(cron, start_date, end_date, day_or=day_or)])


def RRuleSchedule(
    rrule_obj: Any,
    start_date: datetime.datetime | None = None,
    end_date: datetime.datetime | None = None,
) -> Schedule:
    """At the times of dateutil's rrule or rruleset."""
    return Schedule([RRuleClock(rrule_obj, start_date, end_date)])
