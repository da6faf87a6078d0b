"""``flow.run()`` of a flow with a schedule: waits for each event, runs, and so on to the end."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import pendulum

from flowlib.core.flow import Flow
from flowlib.engine.state import State
from flowlib.utilities.logging import get_logger

logger = get_logger("Flow")

#: Events of several clocks that may fall on one moment.
TOGETHER = 10


def run(
    flow: Flow, parameters: Mapping[str, Any], once: Callable[[dict[str, Any], Any], State]
) -> State:
    """Runs at each event; the last state when there are no more. ValueError if there was none.

    ``once`` runs the flow with these parameters, as of this time. A clock's parameter_defaults go
    over the parameters, for its own events. Events that pass during a run are left out.
    """
    last: State | None = None
    after = pendulum.now("utc")
    while True:
        events = flow.schedule.next(TOGETHER, after=after, return_events=True)
        if not events:
            if last is None:
                raise ValueError(f"The schedule of flow {flow.name!r} has no more events.")
            return last
        moment, when = events[0].moment, events[0].start_time
        _wait_until(when)
        for event in events:
            if event.moment == moment:
                last = once({**parameters, **event.parameter_defaults}, when)
        after = max(when, pendulum.now("utc"))


def _wait_until(when: Any) -> None:
    if when > pendulum.now("utc"):
        logger.info("Waiting for next scheduled run at %s", when)
    # Sleeping goes by another clock than schedules do.
    while (left := (when - pendulum.now("utc")).total_seconds()) > 0:
        time.sleep(min(left, 60))
