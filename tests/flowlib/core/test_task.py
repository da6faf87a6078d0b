"""Tasks as they are declared."""

import datetime
import inspect
from typing import Any

import pytest

from flowlib import Flow, Parameter, Task, tags, task, unmapped
from flowlib.engine.state import Failed
from flowlib.tasks.core.constants import Constant

DELAY = datetime.timedelta(seconds=1)


@task
def inc(x: int) -> int:
    return x + 1


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"max_retries": 1}, ValueError, "needs a retry_delay"),
        ({"retry_delay": DELAY}, ValueError, "needs max_retries"),
        ({"retry_on": ValueError}, ValueError, "needs max_retries"),
        ({"max_retries": 1, "retry_delay": DELAY, "retry_on": 3}, TypeError, "not iterable"),
        (
            {"max_retries": 1, "retry_delay": DELAY, "retry_on": [ValueError("x")]},
            TypeError,
            "Exception types",
        ),
        ({"tags": "a tag"}, TypeError, "not a string"),
        ({"state_handlers": print}, TypeError, "sequence"),
    ],
)
def test_wrong_constructor_arguments_are_refused(
    arguments: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        Task(**arguments)


def test_arguments_are_kept_as_attributes_of_the_same_name() -> None:
    made = Task(name="t", slug="s", tags=["a"], max_retries=2, retry_delay=DELAY, nout=2)

    assert (made.name, made.slug, made.tags, made.max_retries) == ("t", "s", {"a"}, 2)
    assert (made.retry_delay, made.nout, made.skip_on_upstream_skip) == (DELAY, 2, True)
    assert repr(made) == "<Task: t>"


def test_run_with_variable_positional_arguments_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\*args"):

        @task
        def many(*args: int) -> None: ...


@pytest.mark.parametrize("name", ["upstream_tasks", "mapped", "task_args", "flow"])
def test_run_with_an_argument_that_calls_take_themselves_is_refused(name: str) -> None:
    namespace: dict[str, Any] = {}
    exec(f"def body({name}): ...", namespace)

    with pytest.raises(ValueError, match=name):
        task(namespace["body"])


def test_a_class_with_a_wrong_run_is_refused_when_it_is_made() -> None:
    with pytest.raises(ValueError, match="mapped"):

        class Wrong(Task):
            def run(self, mapped: bool) -> None: ...


def test_signature_shows_the_arguments_of_run_then_those_of_every_call() -> None:
    assert list(inspect.signature(inc).parameters) == [
        "x",
        "mapped",
        "task_args",
        "upstream_tasks",
        "flow",
    ]


def test_missing_and_unknown_arguments_are_refused_when_the_flow_is_built() -> None:
    with pytest.raises(TypeError, match="missing"), Flow("f"):
        inc()
    with pytest.raises(TypeError, match="unexpected"), Flow("f"):
        inc(x=1, y=2)


def test_calling_a_task_without_a_flow_names_run() -> None:
    with pytest.raises(ValueError, match=r"inc\.run\(\.\.\.\)"):
        inc(1)


def test_two_calls_make_two_tasks_and_leave_the_original_out() -> None:
    with Flow("f") as flow:
        one, two = inc(1), inc(2)

    assert flow.tasks == {one, two}
    assert inc not in flow.tasks
    assert sorted(flow.slugs.values()) == ["inc-1", "inc-2"]


def test_keyword_arguments_of_run_become_arguments_of_their_own() -> None:
    @task
    def total(**numbers: int) -> int:
        return sum(numbers.values())

    with Flow("f") as flow:
        a = inc(1)
        result = total(a=a, b=5)

    assert {edge.key for edge in flow.edges_to(result)} == {"a"}
    assert flow.constants[result] == {"b": 5}


def test_task_args_change_the_copy() -> None:
    with Flow("f"):
        renamed = inc(1, task_args={"name": "plus one"})
        with pytest.raises(AttributeError, match="no attribute 'nmae'"):
            inc(1, task_args={"nmae": "x"})
        inc(2)

    assert (renamed.name, inc.name) == ("plus one", "inc")


def test_copying_a_task_that_has_edges_warns() -> None:
    with Flow("f"):
        one = inc(inc(1))
        with pytest.warns(UserWarning, match="its copy has none"):
            copy = one.copy()
        copy.bind(x=1)


def test_mapping_over_what_has_no_items_is_refused_when_the_flow_is_built() -> None:
    with Flow("f"):
        with pytest.raises(TypeError, match="unmapped"):
            inc.map(3)
        inc.map(unmapped(3), upstream_tasks=[Constant([1, 2])])


def test_tags_are_added_to_tasks_made_or_called_inside() -> None:
    with Flow("f"), tags("a"), tags("b"):
        one = inc(1)

    assert one.tags == {"a", "b"}
    assert inc.tags == set()


def test_a_task_is_not_iterable_without_nout() -> None:
    with Flow("f"), pytest.raises(TypeError, match="nout"):
        list(inc(1))


def test_nout_is_read_from_a_tuple_annotation() -> None:
    @task
    def pair() -> tuple[int, str]:
        return 1, "a"

    with Flow("f") as flow:
        number, text = pair()

    state = flow.run()
    assert state.result[number].result == 1
    assert state.result[text].result == "a"


def test_on_failure_sees_the_failed_state() -> None:
    seen = []

    def note(task: Task, state: Any) -> None:
        seen.append((task.name, type(state)))

    @task(on_failure=note)
    def fails() -> None:
        raise ValueError("no")

    with Flow("f") as flow:
        fails()
    flow.run()

    assert seen == [("fails", Failed)]


def test_a_parameter_may_not_come_after_a_task() -> None:
    with Flow("f") as flow:
        first = inc(1)
        with pytest.raises(ValueError, match="nothing comes before"):
            flow.add_edge(first, Parameter("x"))
