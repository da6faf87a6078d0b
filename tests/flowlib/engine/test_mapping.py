"""Mapping on LocalExecutor: widths, children, reduce."""

import datetime
import time
from typing import Any

import pytest

from flowlib import Flow, Parameter, context, flatten, mapped, task, triggers, unmapped
from flowlib.engine import line, signals
from flowlib.engine.state import Failed, Mapped, Skipped, State, Success, TriggerFailed

SOON = datetime.timedelta(milliseconds=1)


@task
def inc(x: int) -> int:
    return x + 1


@task
def add(x: int, y: int) -> int:
    return x + y


@task
def inverse(x: int) -> float:
    return 1 / x


@task
def skip_odd(x: int) -> int:
    if x % 2:
        raise signals.SKIP(f"{x} is odd")
    return x


@task
def gather(values: list[Any]) -> list[Any]:
    return values


@task(trigger=triggers.all_finished, skip_on_upstream_skip=False)
def gather_all(values: list[Any]) -> list[Any]:
    return values


@task
def numbers(n: int) -> list[int]:
    return list(range(n))


def test_a_mapped_task_has_a_child_for_each_item_in_order() -> None:
    with Flow("f") as flow:
        mapped = inc.map([1, 2, 3])

    state = flow.run().result[mapped]

    assert type(state) is Mapped
    assert state.message == "Ready to proceed with mapping."
    assert state.result == [2, 3, 4]
    assert [child.result for child in state.map_states] == [2, 3, 4]
    assert state.n_map_states == 3


def test_the_shortest_input_says_how_many_children_there_are() -> None:
    with Flow("f") as flow:
        mapped = add.map([1, 2, 3], y=[10, 20])

    assert flow.run().result[mapped].result == [11, 22]


def test_unmapped_arguments_are_given_whole() -> None:
    with Flow("f") as flow:
        mapped = add.map([1, 2], y=unmapped(10))
        mapped_over_task = add.map(x=[1, 2], y=unmapped(inc(9)))

    result = flow.run().result
    assert result[mapped].result == [11, 12]
    assert result[mapped_over_task].result == [11, 12]


def test_mapping_over_the_result_of_a_task() -> None:
    with Flow("f") as flow:
        mapped = inc.map(numbers(4))

    assert flow.run().result[mapped].result == [1, 2, 3, 4]


def test_mapping_over_a_parameter() -> None:
    with Flow("f") as flow:
        total = gather(inc.map(Parameter("xs", default=[1, 2])))

    assert flow.run().result[total].result == [2, 3]
    assert flow.run(xs=[5]).result[total].result == [6]


def test_map_on_map_is_by_index_and_a_failed_child_affects_only_its_line() -> None:
    with Flow("f") as flow:
        one = inverse.map([1, 0, 2])
        two = inc.map(one)

    result = flow.run().result

    assert isinstance(result[one].map_states[1].result, ZeroDivisionError)
    assert [type(child) for child in result[two].map_states][1] is TriggerFailed
    assert [result[two].result[index] for index in (0, 2)] == [2, 1.5]


def test_a_skipped_child_skips_its_line_and_a_reduce_over_it() -> None:
    with Flow("f") as flow:
        evens = skip_odd.map(range(4))
        after = inc.map(evens)
        skipped = gather(after)
        everything = gather_all(after)

    state = flow.run()

    assert [child.is_skipped() for child in state.result[after].map_states] == [
        False,
        True,
        False,
        True,
    ]
    assert type(state.result[skipped]) is Skipped
    assert state.result[everything].result == [1, None, 3, None]


def test_a_reduce_sees_what_each_child_came_to() -> None:
    with Flow("f") as flow:
        values = gather_all(inverse.map([1, 0]))
        refused = gather(inverse.map([1, 0]))

    state = flow.run()

    assert state.result[values].result[0] == 1
    assert isinstance(state.result[values].result[1], ZeroDivisionError)
    assert type(state.result[refused]) is TriggerFailed
    assert state.is_failed()


def test_an_empty_input_makes_no_children_and_an_empty_reduce() -> None:
    with Flow("f") as flow:
        mapped = inc.map([])
        again = inc.map(mapped)
        total = gather(again)
        over_result = inc.map(numbers(0))

    result = flow.run().result

    assert (result[mapped].is_mapped(), result[mapped].map_states) == (True, [])
    assert result[total].result == []
    assert result[over_result].map_states == []


@pytest.mark.parametrize(
    ("trigger", "kind"),
    [
        (triggers.all_successful, Success),
        (triggers.all_finished, Success),
        (triggers.any_successful, TriggerFailed),
        (triggers.any_failed, TriggerFailed),
        (triggers.not_all_skipped, Skipped),
    ],
)
def test_of_an_empty_map_nothing_has_succeeded_nor_failed(
    trigger: triggers.Trigger, kind: type[State]
) -> None:
    with Flow("f") as flow:
        reduced = gather(inc.map(numbers(0)), task_args={"trigger": trigger})

    assert type(flow.run().result[reduced]) is kind


def test_a_map_over_a_failed_task_fails() -> None:
    with Flow("f") as flow:
        mapped = inc.map(inverse(0))
        again = inc.map(mapped)
        total = gather(mapped)

    result = flow.run().result

    assert type(result[mapped]) is Failed
    assert result[mapped].message == "No upstream states can be mapped over."
    assert result[again].message == "No upstream states can be mapped over."
    assert type(result[total]) is TriggerFailed


def test_a_map_over_a_skipped_task_is_skipped() -> None:
    with Flow("f") as flow:
        mapped = inc.map(skip_odd(1))
        total = gather(mapped)

    result = flow.run().result
    assert type(result[mapped]) is Skipped
    assert type(result[total]) is Skipped


@pytest.mark.parametrize("result", [{1, 2}, 5, None])
def test_a_result_without_items_cannot_be_mapped_over(result: Any) -> None:
    @task
    def answers() -> Any:
        return result

    with Flow("f") as flow:
        mapped = inc.map(answers())

    state = flow.run().result[mapped]
    assert type(state) is Failed
    assert state.message == "At least one upstream state has an unmappable result."


def test_a_string_is_mapped_by_character() -> None:
    with Flow("f") as flow:
        mapped = add.map(x="ab", y=unmapped("!"))

    assert flow.run().result[mapped].result == ["a!", "b!"]


def test_a_dict_without_the_keys_fails_the_flow_with_a_key_error() -> None:
    @task
    def answers() -> dict[str, int]:
        return {"a": 1}

    with Flow("f") as flow:
        inc.map(answers())

    state = flow.run()
    assert state.message == "Unexpected error: KeyError(0)"
    assert isinstance(state.result, KeyError)


def test_one_failed_input_beside_another_leaves_each_child_to_its_own_trigger() -> None:
    with Flow("f") as flow:
        mapped = add.map(x=[1, 2], y=inverse(0))
        whole = add.map(x=[1, 2], y=unmapped(inverse(0)))

    result = flow.run().result

    for parent in (mapped, whole):
        assert type(result[parent]) is Mapped
        assert [type(child) for child in result[parent].map_states] == [TriggerFailed] * 2


def test_an_upstream_without_data_is_paired_by_index() -> None:
    with Flow("f") as flow:
        first = skip_odd.map([0, 1])
        second = inc.map([5, 6], upstream_tasks=[first])

    states = flow.run().result[second].map_states
    assert [type(state).__name__ for state in states] == ["Success", "Skipped"]


def test_a_reduced_map_given_whole_to_another_map() -> None:
    @task
    def with_all(x: int, everything: list[int]) -> int:
        return x + sum(everything)

    with Flow("f") as flow:
        mapped = with_all.map([1, 2], everything=unmapped(inc.map([1, 2])))

    assert flow.run().result[mapped].result == [6, 7]


def test_with_every_argument_unmapped_it_runs_once() -> None:
    with Flow("f") as flow:
        once = add.map(x=unmapped(1), y=unmapped(2))

    state = flow.run().result[once]
    assert (state.is_mapped(), state.result) == (False, 3)


def test_only_failing_children_are_run_again() -> None:
    calls: list[tuple[int, int]] = []

    @task(max_retries=1, retry_delay=SOON)
    def flaky(x: int) -> int:
        calls.append((x, context.task_run_count))
        if x % 2 and context.task_run_count == 1:
            raise ValueError
        return x

    with Flow("f") as flow:
        mapped = flaky.map(range(4))
        total = gather(inc.map(mapped))

    state = flow.run()

    assert state.result[total].result == [1, 2, 3, 4]
    assert [child.message for child in state.result[mapped].map_states] == [
        "Task run succeeded."
    ] * 4
    assert sorted(calls) == [(0, 1), (1, 1), (1, 2), (2, 1), (3, 1), (3, 2)]


def test_children_know_their_index_and_name() -> None:
    @task
    def looks(x: str) -> tuple[int, str, str]:
        return context.map_index, context.task_full_name, context.get("logger").name

    with Flow("f") as flow:
        mapped = looks.map(["a", "b"])

    assert flow.run().result[mapped].result[1] == (1, "looks[1]", "flowlib.looks[1]")


def test_one_task_over_two_edges_of_the_same_map() -> None:
    with Flow("f") as flow:
        mapped = inc.map([1, 2])
        doubled = add.map(x=mapped, y=mapped)

    assert flow.run().result[doubled].result == [4, 6]


def test_children_are_logged_singly_only_when_they_fail(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with Flow("f") as flow:
        inverse.map([1, 0])
    with caplog.at_level("INFO", logger="flowlib.TaskRunner"):
        flow.run()

    said = [r.getMessage() for r in caplog.records if "inverse[" in r.getMessage()]
    assert said == [
        "Task 'inverse[1]': Exception encountered during task execution!",
        "Task 'inverse[1]': Finished task run for task with final state: 'Failed'",
    ]


@task
def upto(n: int) -> list[int]:
    return list(range(n))


@task
def upto_or_fail(n: int) -> list[int]:
    if n == 3:
        raise ValueError(n)
    return list(range(n))


def test_flatten_of_a_value_takes_one_level_away_in_map_and_call() -> None:
    with Flow("f") as flow:
        nested = gather([numbers(2), [7], []])
        mapped_over = inc.map(flatten(nested))
        whole = gather(flatten(nested))
        constant = inc.map(flatten([[1], [2, 3]]))
        once = gather(flatten([[[1]], [[2]]]))

    result = flow.run().result

    assert result[mapped_over].result == [1, 2, 8]
    assert result[whole].result == [0, 1, 7]
    assert result[constant].result == [2, 3, 4]
    assert result[once].result == [[1], [2]]


def test_flatten_of_a_mapped_task_gives_each_item_of_each_child_a_child() -> None:
    with Flow("f") as flow:
        lists = upto.map([2, 0, 3])
        ones = inc.map(flatten(lists))
        twos = add.map(ones, flatten(lists))
        whole = gather(flatten(lists))

    result = flow.run().result

    assert result[ones].result == [1, 2, 1, 2, 3]
    assert result[twos].result == [1, 3, 1, 3, 5]
    assert result[whole].result == [0, 1, 0, 1, 2]


def test_what_cannot_be_flattened_stays_as_it_is() -> None:
    with Flow("f") as flow:
        numbers_of = inc.map(flatten(inc.map([1, 2])))
        flat = gather(flatten([1, 2]))

    result = flow.run().result

    assert result[numbers_of].result == [3, 4]
    assert result[flat].result == [1, 2]


def test_a_flattened_child_that_failed_stands_for_one_item() -> None:
    with Flow("f") as flow:
        lists = upto_or_fail.map([1, 3, 2])
        mapped_over = inc.map(flatten(lists))
        told = gather_all(flatten(lists))

    result = flow.run().result

    assert [type(child).__name__ for child in result[mapped_over].map_states] == [
        "Success",
        "TriggerFailed",
        "Success",
        "Success",
    ]
    first, failed, *others = result[told].result
    assert (first, repr(failed), others) == (0, "ValueError(3)", [0, 1])


def test_flatten_of_nothing_makes_no_children() -> None:
    with Flow("f") as flow:
        none = inc.map(flatten(upto.map([0, 0])))
        nor_here = gather(inc.map(flatten(upto.map([]))))

    result = flow.run().result

    assert (type(result[none]), result[none].map_states) == (Mapped, [])
    assert result[nor_here].result == []


def test_annotations_nest() -> None:
    with Flow("f") as flow:
        lists = upto.map([2, 1])
        one = inc.map([0, 1])
        whole = gather.map(unmapped(flatten(lists)), upstream_tasks=[mapped(one)])
        other = gather.map(flatten(unmapped(lists)), upstream_tasks=[mapped(one)])
        called = inc(mapped(flatten(lists)))

    result = flow.run().result

    assert result[whole].result == [[0, 1, 0], [0, 1, 0]] == result[other].result
    assert result[called].result == [1, 2, 1]


def test_the_handlers_of_a_mapped_task_see_it_and_each_child() -> None:
    seen: list[tuple[Any, str, str]] = []

    def tell(task: Any, old: Any, new: Any) -> None:
        seen.append((context.map_index, type(old).__name__, type(new).__name__))

    @task(state_handlers=[tell])
    def same(x: int) -> int:
        return x

    with Flow("f") as flow:
        same.map([1, 2])
    flow.run()

    assert seen == [
        (None, "Pending", "Mapped"),
        (0, "Pending", "Running"),
        (0, "Running", "Success"),
        (1, "Pending", "Running"),
        (1, "Running", "Success"),
    ]


def test_a_handler_can_fail_a_mapped_task_before_its_children() -> None:
    def refuse(task: Any, old: Any, new: Any) -> Any:
        return Failed("refused") if new.is_mapped() else None

    @task(state_handlers=[refuse])
    def same(x: int) -> int:
        return x

    with Flow("f") as flow:
        mapped_task = same.map([1, 2])
    state = flow.run()

    assert state.is_failed()
    assert state.result[mapped_task].message == "refused"


def test_children_of_a_skipped_value_see_that_it_was_skipped() -> None:
    @task
    def skips() -> None:
        raise signals.SKIP("with items", result=[1, 2])

    @task(trigger=triggers.not_all_skipped, skip_on_upstream_skip=False)
    def same(x: int) -> int:
        return x

    with Flow("f") as flow:
        mapped_over = same.map(skips())

    children = flow.run().result[mapped_over].map_states
    assert [type(child) for child in children] == [Skipped, Skipped]


@pytest.mark.parametrize("flat", [False, True])
def test_a_dict_without_numbers_matters_only_if_it_is_mapped_over(flat: bool) -> None:
    @task
    def table() -> Any:
        return {"k": 1}

    @task
    def skips() -> None:
        raise signals.SKIP("no")

    def given(value: Any) -> Any:
        return flatten(value) if flat else value

    with Flow("f") as flow:
        skipped = add.map(given(table()), y=skips())
    with Flow("g") as broken:
        inc.map(table())

    assert flow.run().result[skipped].is_skipped()
    assert isinstance(broken.run().result, KeyError)


def test_children_that_take_long_are_logged(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "LONG", 0.02)

    @task
    def slow(x: int) -> None:
        time.sleep(0.03 if x == 1 else 0)

    with Flow("f") as flow:
        slow.map([0, 1, 2])
    with caplog.at_level("INFO", logger="flowlib"):
        flow.run()

    said = [r.getMessage() for r in caplog.records if "took" in r.getMessage()]
    assert [text.split(" took")[0] for text in said] == ["Task 'slow[1]':"]
