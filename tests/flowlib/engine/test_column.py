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
