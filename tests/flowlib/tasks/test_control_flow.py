"""case, switch, ifelse, merge, FilterTask."""

from typing import Any

import pytest

from flowlib import Flow, Parameter, case, task
from flowlib.engine import signals
from flowlib.engine.state import Skipped, State, TriggerFailed
from flowlib.tasks.control_flow import CompareValue, FilterTask, ifelse, merge, switch


@task
def give(x: Any) -> Any:
    return x


@task
def inc(x: int) -> int:
    return x + 1


@task
def fails() -> None:
    raise ValueError("no")


@task
def says_skip() -> None:
    raise signals.SKIP("said so")


@pytest.mark.parametrize(
    ("value", "runs"), [(True, True), (False, False), (1, True), ("a", False), (None, False)]
)
def test_a_case_runs_its_tasks_for_one_value(value: Any, runs: bool) -> None:
    with Flow("f") as flow, case(give(value), True):
        one = inc(1)
        two = inc(one)

    result = flow.run().result
    assert (result[one].is_skipped(), result[two].is_skipped()) == (not runs, not runs)


def test_only_the_first_tasks_of_a_case_wait_for_its_comparison() -> None:
    with Flow("f") as flow:
        condition = give("a")
        with case(condition, "a"):
            one = inc(1)
            two = inc(one)

    (compared,) = flow.get_tasks(name="case(a)")
    assert isinstance(compared, CompareValue)
    assert flow.upstream_tasks(compared) == {condition}
    assert flow.upstream_tasks(one) == {compared}
    assert flow.upstream_tasks(two) == {one}


def test_cases_nest() -> None:
    with Flow("f") as flow:
        outer, inner = Parameter("outer"), Parameter("inner")
        with case(outer, True):
            one = inc(1)
            with case(inner, True):
                two = inc(2)

    def skipped(**parameters: bool) -> tuple[bool, bool]:
        result = flow.run(**parameters).result
        return result[one].is_skipped(), result[two].is_skipped()

    assert skipped(outer=True, inner=True) == (False, False)
    assert skipped(outer=True, inner=False) == (False, True)
    assert skipped(outer=False, inner=True) == (True, True)


def test_parameters_and_constants_stay_outside_of_a_case() -> None:
    with Flow("f") as flow:
        with case(give(1), 2):
            parameter = Parameter("p", default=1)()
            mapped = inc.map([1, 2])
        outside = inc(parameter)

    result = flow.run().result
    assert result[outside].result == 2
    assert result[mapped].is_skipped()


def test_a_case_without_tasks_adds_nothing() -> None:
    with Flow("f") as flow, case(give(1), 2):
        pass

    assert len(flow.tasks) == 1


def test_what_a_case_refuses() -> None:
    with Flow("f"), pytest.raises(TypeError, match="is_equal"):
        case(give(1), give(1))
    other = Flow("g")
    with Flow("f"), case(give(1), 1):
        inc(1)
        with pytest.raises(ValueError, match="Multiple flows"):
            inc(1, flow=other)


def test_a_case_ends_where_it_raises() -> None:
    with Flow("f") as flow:
        with pytest.raises(KeyError), case(give(1), 2):
            raise KeyError
        after = inc(1)

    assert flow.run().result[after].result == 2


BRANCHES: list[tuple[list[Any], Any]] = [
    ([1, 2], 1),
    ([None, 2], 2),
    ([0, 2], 0),
    (["", 2], ""),
    ([None, None], None),
]


@pytest.mark.parametrize(("values", "merged"), BRANCHES)
def test_merge_is_the_first_that_is_not_none(values: list[Any], merged: Any) -> None:
    with Flow("f") as flow:
        result = merge(*[give(value) for value in values])

    assert flow.run().result[result].result == merged


def test_merge_keeps_the_order_of_more_than_nine() -> None:
    with Flow("f") as flow:
        merged = merge(give(None), *[give(number) for number in range(2, 12)])

    assert flow.run().result[merged].result == 2


def test_merge_of_the_branch_that_ran() -> None:
    with Flow("f") as flow:
        condition = Parameter("c")
        with case(condition, "a"):
            a = give("from a")
        with case(condition, "b"):
            b = give("from b")
        merged = merge(a, b)

    assert flow.run(c="a").result[merged].result == "from a"
    assert flow.run(c="b").result[merged].result == "from b"
    neither = flow.run(c="c").result[merged]
    assert isinstance(neither, Skipped)


def test_merge_with_a_failed_branch_and_with_one_that_skipped_itself() -> None:
    with Flow("f") as flow:
        failed = merge(fails(), give(1))
        skipped = merge(says_skip(), give(1))

    result = flow.run().result
    assert isinstance(result[failed], TriggerFailed)
    assert isinstance(result[skipped].result, signals.SKIP)


def test_merge_must_see_skips() -> None:
    with Flow("f"), pytest.raises(ValueError, match="skip_on_upstream_skip"):
        merge(give(1), skip_on_upstream_skip=True)


def test_switch_runs_the_branch_of_the_value() -> None:
    with Flow("f") as flow:
        before = give("b1")
        a, b = give("a1"), give(before)
        switch(Parameter("c"), {"a": a, "b": b})

    result = flow.run(c="a").result
    assert (result[a].result, result[b].is_skipped()) == ("a1", True)
    assert result[before].is_successful()
    assert {t.name for t in flow.get_tasks(tags=["switch"])} == {
        'CompareValue: "a"',
        'CompareValue: "b"',
    }


@pytest.mark.parametrize(("value", "truth"), [(1, True), ("x", True), (0, False), ("", False)])
def test_ifelse_asks_for_truth(value: Any, truth: bool) -> None:
    with Flow("f") as flow:
        yes, no, alone = give("yes"), give("no"), give("alone")
        ifelse(give(value), yes, no)
        ifelse(give(value), alone, None)

    result = flow.run().result
    assert result[yes].is_skipped() is not truth
    assert result[no].is_skipped() is truth
    assert result[alone].is_skipped() is not truth


def test_branches_can_be_mapped() -> None:
    with Flow("f") as flow:
        xs = give.map([0, 1, 2])
        ones, others = inc.map(xs), give.map(xs)
        ifelse(xs, ones, others, mapped=True)
        merged = merge(ones, others, mapped=True)

    assert flow.run().result[merged].result == [0, 2, 3]


def test_a_filter_keeps_what_is_neither_none_nor_a_failure() -> None:
    @task
    def picky(x: int) -> int | None:
        if x == 1:
            raise ValueError(x)
        if x == 2:
            raise signals.SKIP("two")
        return None if x == 3 else x

    with Flow("f") as flow:
        kept = FilterTask()(picky.map(range(5)))

    zero, skip, four = flow.run().result[kept].result
    assert (zero, type(skip), four) == (0, signals.SKIP, 4)


def test_a_filter_of_ones_own_logs_what_it_leaves_out(caplog: pytest.LogCaptureFixture) -> None:
    odd = FilterTask(filter_func=lambda x: x % 2 == 1, log_func=lambda x: f"without {x}")
    with Flow("f") as flow:
        kept = odd(give([1, 2, 3]))

    assert flow.run().result[kept].result == [1, 3]
    assert [r.getMessage() for r in caplog.records if "without" in r.getMessage()] == ["without 2"]


def test_a_comparison_says_what_it_compared() -> None:
    with Flow("f") as flow:
        compared = CompareValue("a").bind(value=give("b"))

    state: State = flow.run().result[compared]
    assert state.message == 'Provided value "b" did not match "a"'
