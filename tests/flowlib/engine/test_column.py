"""What is known of a task's rows."""

import datetime
import time

from flowlib import Flow, task
from flowlib.engine import graph
from flowlib.engine.column import Column
from flowlib.engine.state import Retrying


@task
def one() -> int:
    return 1


def a_column() -> Column:
    with Flow("f") as flow:
        one()
    (node,) = graph.nodes(flow)
    return Column(node)


def later(seconds: float) -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds)


def test_a_row_that_waits_for_its_retry_is_not_put_off_again() -> None:
    column = a_column()
    column.open(1)
    column.take((range(1),))
    column.put_off(0, Retrying(start_time=later(60)))

    assert column.take_resting((range(1),)) == (range(1),)
    column.take_due(time.monotonic() + 120)

    assert column.ready == (range(1),)
    assert column.next_due is None


def test_a_row_that_begins_later_waits_for_its_time() -> None:
    column = a_column()
    column.given = Retrying(start_time=later(60))
    column.open(1)

    assert column.take_resting((range(1),)) == ()
    assert column.next_due is not None


def test_shares_are_of_what_nobody_has_taken_once_it_is_known_what_a_row_takes() -> None:
    column = a_column()
    column.open(100)
    column.take((range(80),))

    assert column.to_come == 100
    column.estimate_from(seconds=1.0, number=20)
    assert column.to_come == 20
    column.put_back((range(70, 90),))
    assert column.to_come == 30
