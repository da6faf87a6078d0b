"""flow.run() of a flow with a schedule. Time passes by itself here: nobody sleeps."""

import datetime
import time
from typing import Any

import pendulum
import pytest

from flowlib import Flow, Parameter, context, task
from flowlib.configuration import config
from flowlib.executors import LocalExecutor
from flowlib.schedules import IntervalSchedule, Schedule, clocks

START = pendulum.datetime(2030, 1, 1, 0, 30)
HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that goes on only when somebody sleeps; what was slept."""
    slept: list[float] = []
    real = pendulum.now
    offset = START - real("utc")
    frozen = real("utc")

    def now(zone: Any = None) -> pendulum.DateTime:
        return (frozen + offset).in_timezone(zone or "UTC") + datetime.timedelta(seconds=sum(slept))

    monkeypatch.setattr(pendulum, "now", now)
    monkeypatch.setattr(time, "sleep", slept.append)
    return slept


def flow_of(schedule: Any, seen: list[Any], takes: float = 0) -> Flow:
    @task
    def see(x: int) -> int:
        seen.append((context.scheduled_start_time.format("HH:mm"), x))
        if takes:
            time.sleep(takes)
        return x

    with Flow("f", schedule=schedule, executor=LocalExecutor()) as flow:
        see(Parameter("x"))
    return flow


def hourly(**more: Any) -> clocks.IntervalClock:
    return clocks.IntervalClock(HOUR, START.subtract(minutes=30), **more)


def test_each_event_until_the_last(slept: list[float]) -> None:
    seen: list[Any] = []
    flow = flow_of(Schedule([hourly(end_date=START.add(hours=3))]), seen)

    state = flow.run(x=1)

    assert state is not None
    assert state.is_successful()
    assert seen == [("01:00", 1), ("02:00", 1), ("03:00", 1)]
    assert abs(sum(slept) - 2.5 * 3600) < 60
    assert max(slept) <= 60


def test_parameters_of_clocks_go_over_those_given_and_are_not_carried_over(
    slept: list[float],
) -> None:
    seen: list[Any] = []
    end = START.add(hours=3)
    schedule = Schedule(
        [
            clocks.DatesClock([START.add(hours=1)], parameter_defaults={"x": 2}),
            clocks.DatesClock([START.add(hours=1)], parameter_defaults={"x": 3}),
            clocks.DatesClock([end]),
        ]
    )
    flow_of(schedule, seen).run(parameters={"x": 1})
    assert seen == [("01:30", 2), ("01:30", 3), ("03:30", 1)]


def test_a_clock_can_give_what_is_required(slept: list[float]) -> None:
    seen: list[Any] = []
    schedule = Schedule([hourly(end_date=START.add(hours=1), parameter_defaults={"x": 7})])
    flow_of(schedule, seen).run()
    assert seen == [("01:00", 7)]


@pytest.mark.parametrize(
    ("defaults", "said"), [({}, "needs parameters x"), ({"x": 1, "y": 2}, "no parameters y")]
)
def test_wrong_parameters_are_told(slept: list[float], defaults: dict[str, Any], said: str) -> None:
    schedule = Schedule([hourly(parameter_defaults=defaults)])
    with pytest.raises(ValueError, match=said):
        flow_of(schedule, []).run()


def test_events_that_pass_during_a_run_are_left_out(slept: list[float]) -> None:
    seen: list[Any] = []
    flow_of(Schedule([hourly(end_date=START.add(hours=4))]), seen, takes=1.5 * 3600).run(x=1)
    assert [when for when, _ in seen] == ["01:00", "03:00"]


def test_an_exhausted_schedule() -> None:
    schedule = IntervalSchedule(START.subtract(years=20), HOUR, START.subtract(years=19))
    with pytest.raises(ValueError, match="no more events"):
        flow_of(schedule, []).run(x=1)


@pytest.mark.parametrize("by", ["argument", "configuration"])
def test_run_on_schedule_can_be_off(by: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    flow = flow_of(Schedule([hourly()]), seen)
    if by == "configuration":
        monkeypatch.setattr(config.flows, "run_on_schedule", False)
        flow.run(x=5)
    else:
        flow.run(x=5, run_on_schedule=False)
    assert len(seen) == 1


def test_three_runs_on_time() -> None:
    """With real clocks: none begins before its time."""
    began: list[Any] = []

    @task
    def note() -> None:
        began.append((pendulum.now("utc"), context.scheduled_start_time))

    now = pendulum.now("utc")
    second = datetime.timedelta(seconds=1)
    with Flow("f", schedule=IntervalSchedule(now + second, second, now + 3 * second)) as flow:
        note()
    state = flow.run(executor=LocalExecutor())
    assert state is not None
    assert state.is_successful()
    assert [due for _, due in began] == [now + second, now + 2 * second, now + 3 * second]
    assert all(begun >= due for begun, due in began)
