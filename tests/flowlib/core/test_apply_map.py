"""apply_map: a function that adds tasks, mapped as a whole."""

from typing import Any

import pytest

from flowlib import Flow, Parameter, apply_map, case, flatten, task, unmapped
from flowlib.engine.state import Mapped
from flowlib.tasks.control_flow import merge


@task
def inc(x: int) -> int:
    return x + 1


@task
def add(x: int, y: int) -> int:
    return x + y


@task
def is_even(x: int) -> bool:
    return x % 2 == 0


@task
def numbers(n: int) -> list[int]:
    return list(range(n))


@task
def seven() -> int:
    return 7


def inc_if_even(x: Any) -> Any:
    with case(is_even(x), True):
        more = inc(x)
    return merge(more, x)


def test_control_flow_inside_is_per_child() -> None:
    with Flow("f") as flow:
        merged = apply_map(inc_if_even, range(5))
        from_task = apply_map(inc_if_even, numbers(4))
        after = inc.map(merged)

    result = flow.run().result
    assert result[merged].result == [1, 1, 3, 3, 5]
    assert result[from_task].result == [1, 1, 3, 3]
    assert result[after].result == [2, 2, 4, 4, 6]
    assert type(result[merged]) is Mapped


def test_arguments_by_position_name_and_unmapped() -> None:
    def both(x: Any, y: Any, z: Any) -> Any:
        return add(add(x, y), z)

    with Flow("f") as flow:
        constant = apply_map(both, [1, 2], y=numbers(2), z=unmapped(10))
        a_task = apply_map(both, [1, 2], numbers(2), z=unmapped(seven()))

    result = flow.run().result
    assert result[constant].result == [11, 13]
    assert result[a_task].result == [8, 10]


def test_every_new_task_waits_for_all_arguments() -> None:
    def ignores(x: Any, y: Any) -> Any:
        return seven(), inc(x)

    with Flow("f") as flow:
        xs, ys = numbers(2), numbers(3)
        sevens, incs = apply_map(ignores, xs, ys)

    assert flow.upstream_tasks(sevens) == flow.upstream_tasks(incs) == {xs, ys}
    assert flow.run().result[sevens].result == [7, 7]
    assert all(edge.mapped for edge in flow.edges_to(sevens))


def test_what_the_function_takes_from_around_it_is_given_whole() -> None:
    with Flow("f") as flow:
        around = seven()
        added = apply_map(lambda x: add(x, around), [1, 2])

    assert flow.run().result[added].result == [8, 9]


def test_flattened_arguments() -> None:
    with Flow("f") as flow:
        one = apply_map(inc, flatten([[1], [2, 3]]))

    assert flow.run().result[one].result == [2, 3, 4]


def test_parameters_can_be_mapped_over() -> None:
    with Flow("f") as flow:
        one = apply_map(inc_if_even, Parameter("xs"))

    assert flow.run(xs=[2, 3]).result[one].result == [3, 3]


def test_a_block_around_it_takes_the_new_tasks_in() -> None:
    with Flow("f") as flow, case(seven(), 8):
        one = apply_map(inc, [1, 2])

    assert flow.run().result[one].is_skipped()


def test_with_a_flow_the_function_gets_one() -> None:
    flow = Flow("f")

    def build(x: Any, flow: Any) -> Any:
        return inc(x, flow=flow)

    one = apply_map(build, [1, 2], flow=flow)

    assert flow.run().result[one].result == [2, 3]


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="needs a flow"):
        apply_map(inc, [1])
    with Flow("f"), pytest.raises(TypeError, match="Cannot map over 3"):
        apply_map(inc, 3)
