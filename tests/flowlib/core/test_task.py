"""Tasks as they are declared."""

import datetime
import inspect
from typing import Any

import pytest

from flowlib import Flow, Parameter, Task, context, flatten, mapped, tags, task, unmapped
from flowlib.engine.state import Failed, Paused, Resume
from flowlib.tasks.core.constants import Constant
from flowlib.utilities.configuration import set_temporary_config
from flowlib.utilities.tasks import as_task, defaults_from_attrs, pause_task

DELAY = datetime.timedelta(seconds=1)


@task
def inc(x: int) -> int:
    return x + 1


@task
def add(x: Any, y: Any) -> Any:
    return x + y


@pytest.mark.parametrize(
    ("arguments", "retries", "delay"),
    [
        ({}, 2, datetime.timedelta(seconds=5)),
        ({"max_retries": 3}, 3, datetime.timedelta(seconds=5)),
        ({"max_retries": 0}, 0, None),
        ({"retry_delay": DELAY}, 2, DELAY),
    ],
)
def test_the_settings_say_how_often_and_when_where_the_task_does_not(
    arguments: dict[str, Any], retries: int, delay: datetime.timedelta | None
) -> None:
    settings = {"tasks.defaults.max_retries": 2, "tasks.defaults.retry_delay": 5}
    with set_temporary_config({**settings, "tasks.defaults.timeout": 7}):
        made = Task(**arguments)

    assert (made.max_retries, made.retry_delay, made.timeout) == (retries, delay, 7)


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"max_retries": 1}, ValueError, "needs a retry_delay"),
        ({"retry_delay": DELAY}, ValueError, "needs max_retries"),
        ({"retry_on": ValueError}, ValueError, "needs max_retries"),
        ({"max_retries": 1, "retry_delay": DELAY, "retry_on": 3}, TypeError, "not 3"),
        (
            {"max_retries": 1, "retry_delay": DELAY, "retry_on": [ValueError("x")]},
            TypeError,
            "Exception types",
        ),
        (
            {"max_retries": 1, "retry_delay": DELAY, "retry_on": ValueError("x")},
            TypeError,
            "not ValueError",
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
        first, x = inc(1), Parameter("x")
        with pytest.raises(ValueError, match="nothing comes before"):
            flow.add_edge(first, x)
        assert flow.tasks == {first}
        x()


# Subclasses


def test_a_subclass_that_sets_what_task_owns_is_warned_of() -> None:
    class Named(Task):
        name = "mine"

    class Late(Task):
        def __init__(self) -> None:
            self.timeout = 3
            super().__init__()

    with pytest.warns(UserWarning, match="Named sets name, which Task overwrites"):
        assert Named().name == "Named"
    with pytest.warns(UserWarning, match="Late sets timeout"):
        assert Late().timeout is None


class Scaled(Task):
    def __init__(self, factor: Any = 1, **task_args: Any) -> None:
        self.factor = factor
        super().__init__(**task_args)

    @defaults_from_attrs("factor")
    def run(self, x: Any, factor: Any = None) -> Any:
        return x, factor


def test_a_task_given_to_a_constructor_is_warned_of() -> None:
    with pytest.warns(UserWarning, match=r"Scaled\(\.\.\.\)\(task\)"):
        Scaled(add)
    with pytest.warns(UserWarning, match="A Task was passed"):
        Scaled(factor=add)


def test_only_a_missing_argument_falls_back_to_the_attribute() -> None:
    scaled = Scaled(factor=3)

    assert scaled.run(1) == (1, 3)
    assert scaled.run(1, 5) == (1, 5)
    assert scaled.run(1, factor=None) == (1, None)
    assert scaled.run(x=1, factor=4) == (1, 4)
    with Flow("f") as flow:
        one, two = scaled(1), scaled(1, factor=2)
    result = flow.run().result
    assert (result[one].result, result[two].result) == ((1, 3), (1, 2))


# Passing on


def test_pipe_gives_this_task_as_the_first_argument_that_is_not_given() -> None:
    with Flow("f") as flow:
        one = add(1, 2)
        two = one.pipe(add, y=10)
        three = one.pipe(add, x=20)

    result = flow.run().result
    assert (result[two].result, result[three].result) == (13, 23)
    assert flow.edges_to(three).pop().key == "y"


def test_pipe_takes_annotations() -> None:
    @task
    def upto(n: int) -> list[int]:
        return list(range(n))

    with Flow("f") as flow:
        each = upto(3).pipe(mapped(add), y=1)
        flat = upto.map([2, 1]).pipe(mapped(flatten(add)), y=1)
        assert each.pipe(flatten) is each

    result = flow.run().result
    assert result[each].result == [1, 2, 3]
    assert result[flat].result == [1, 2, 1]


def test_pipe_into_a_task_without_arguments_left() -> None:
    with Flow("f"), pytest.raises(TypeError, match="takes no argument besides x, y"):
        add(1, 2).pipe(add, x=1, y=2)


def test_inputs_and_outputs_tell_the_types() -> None:
    @task
    def told(x: int, y: str = "a", z=None, **more: Any) -> "list[int]":  # type: ignore[no-untyped-def]
        return []

    assert told.inputs() == {
        "x": {"type": int, "default": None, "required": True},
        "y": {"type": str, "default": "a", "required": False},
        "z": {"type": Any, "default": None, "required": False},
        "more": {"type": Any, "default": None, "required": False},
    }
    assert told.outputs() == list[int]
    assert task(lambda x: x).outputs() is Any


# Edges


def test_edges_can_be_drawn_from_both_ends() -> None:
    with Flow("f") as flow:
        one, two, three = add(1, 2), add.copy(), add.copy()
        assert two.set_upstream(one, key="x").set_upstream(one, key="y") is two
        assert two.set_downstream(three, key="x", mapped=True) is two
        assert three.set_dependencies(keyword_tasks={"y": unmapped(1)}, mapped=True) is three

    assert {edge.key for edge in flow.edges_to(two)} == {"x", "y"}
    assert [(edge.key, edge.mapped) for edge in flow.edges_to(three)] == [("x", True)]
    assert flow.constants[three] == {"y": 1}


def test_edges_need_a_flow() -> None:
    with pytest.raises(ValueError, match="No Flow"):
        add.copy().set_upstream(add)


def test_binding_one_argument_twice_errs_only_with_eager_validation() -> None:
    with Flow("f") as flow:
        one, other = add(1, 2), add(3, 4)
        two = add.copy()
        two.set_upstream(one, key="x")
        two.set_upstream(other, key="x")
        with pytest.raises(ValueError, match="already given"):
            flow.add_edge(one, two, key="x", validate=True)
        with pytest.raises(TypeError):
            flow.add_edge(one, two, key="z", validate=True)


# Values


@pytest.mark.parametrize(
    ("value", "kind", "name"),
    [
        (1, Constant, "1"),
        ("a text of some length", Constant, "Constant[str]"),
        ([1, 2], Constant, "[1, 2]"),
        ([1, 2, 3], Constant, "Constant[list]"),
        ({"a": 1}, Constant, "{'a': 1}"),
        ({"a": 1, "b": 2}, Constant, "Constant[dict]"),
        (range(10**9), Constant, "Constant[range]"),
    ],
)
def test_as_task_makes_a_constant_of_a_value(value: Any, kind: type, name: str) -> None:
    made = as_task(value)

    assert (type(made), made.name, made.auto_generated) == (kind, name, True)


def test_as_task_makes_collections_of_what_holds_tasks() -> None:
    with Flow("f") as flow:
        one = add(1, 2)
        kinds = [type(as_task(value)).__name__ for value in ([one], (one,), {one}, {"k": one})]
        nested = add([3, {"k": (2, [one])}, "a"], {"k": [one]})

    assert kinds == ["List", "Tuple", "Set", "Dict"]
    assert as_task(one) is one
    names = sorted(upstream.name for upstream in flow.upstream_tasks(nested))
    assert names == ["Dict", "List"]


# Pauses


def test_pause_task_pauses_until_it_is_resumed() -> None:
    @task
    def careful() -> int:
        pause_task("look at this")
        return 1

    with Flow("f") as flow:
        paused = careful()

    first = flow.run().result[paused]
    assert (type(first), first.message, first.start_time) == (Paused, "look at this", None)
    assert flow.run(task_states={paused: Resume()}).result[paused].result == 1


def test_pause_task_for_some_time() -> None:
    calls: list[Any] = []

    @task
    def careful() -> int:
        calls.append(context.get("resume"))
        if len(calls) == 1:
            pause_task(duration=datetime.timedelta(milliseconds=5))
        return 1

    with Flow("f") as flow:
        paused = careful()

    assert flow.run().result[paused].result == 1
    assert len(calls) == 2


# Functions


def test_a_function_keeps_its_name_and_text() -> None:
    @task
    def told() -> None:
        """What it does."""

    assert (told.name, told.__doc__) == ("told", "What it does.")
    assert task(lambda: None, name="named").name == "named"


@pytest.mark.parametrize(
    ("function", "error"),
    [(3, TypeError), (lambda x, /: x, TypeError), (dict, ValueError), (print, ValueError)],
)
def test_what_cannot_be_a_task(function: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        task(function)


def test_an_unknown_attribute_of_a_copy_is_refused() -> None:
    with pytest.raises(AttributeError, match="colour"):
        add.copy(colour="red")


def test_a_copy_has_a_slug_and_all_tags_of_its_own() -> None:
    original = task(lambda: None, name="t", slug="s", tags=["a"])
    with tags("c"):
        copied = original.copy(tags=["b"])

    assert (copied.slug, copied.tags) == ("s-copy", {"a", "b", "c"})
    assert (original.slug, original.tags) == ("s", {"a"})
