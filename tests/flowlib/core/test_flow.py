"""Flows as they are declared."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cloudpickle
import pytest

from flowlib import Flow, Parameter, Task, task
from flowlib.configuration import config
from flowlib.core import Edge
from flowlib.core.visualization import drawing
from flowlib.engine.state import Failed, Success, TriggerFailed
from flowlib.exceptions import InvalidGraph
from flowlib.tasks.core.collections import Dict, List, Tuple
from flowlib.tasks.core.constants import Constant


@task
def inc(x: int) -> int:
    return x + 1


@task
def total(numbers: list[int]) -> int:
    return sum(numbers)


def test_a_flow_needs_a_name() -> None:
    with pytest.raises(ValueError, match="name"):
        Flow("")


@pytest.mark.parametrize("make", [Task, Parameter])
def test_a_task_that_was_made_and_not_called_is_warned_of(make: Callable[..., Task]) -> None:
    with pytest.warns(UserWarning, match=r"not added to the flow: forgotten"), Flow("f"):
        make(name="forgotten")


def test_a_bare_parameter_joins_only_when_used() -> None:
    Parameter("unused")
    with Flow("f") as flow:
        used, called, added = Parameter("used"), Parameter("called"), Parameter("added")
        inc(used)
        called()
        flow.add_task(added)

    assert flow.parameters() == {used, called, added}


def test_two_parameters_of_one_name_clash() -> None:
    with Flow("f"):
        inc(Parameter("x"))
        with pytest.raises(ValueError, match="slug 'x'"):
            inc(Parameter("x"))
        inc(1)


def test_a_plain_argument_is_a_constant_and_no_task() -> None:
    with Flow("f") as flow:
        one = inc([1, 2])

    assert flow.tasks == {one}
    assert flow.constants[one] == {"x": [1, 2]}


def test_a_mapped_constant_is_a_task() -> None:
    with Flow("f") as flow:
        inc.map([1, 2, 3])

    (constant,) = flow.get_tasks(task_type=Constant)
    assert (constant.name, constant.auto_generated) == ("Constant[list]", True)


def test_a_collection_that_holds_tasks_waits_for_them() -> None:
    with Flow("f") as flow:
        a = inc(1)
        result = total([a, 1, (2, a)])

    (outer,), (inner,) = flow.get_tasks(task_type=List), flow.get_tasks(task_type=Tuple)
    assert flow.upstream_tasks(result) == {outer}
    assert {edge.key for edge in flow.edges_to(outer)} == {"arg_1", "arg_3"}
    assert flow.constants[outer] == {"arg_2": 1}
    assert flow.upstream_tasks(inner) == {a}
    assert outer.auto_generated


def test_a_dict_that_holds_tasks_arrives_as_a_dict() -> None:
    @task
    def same(value: object) -> object:
        return value

    with Flow("f") as flow:
        result = same({"a": inc(1), "b": 5, "c": [inc(2)]})

    assert flow.get_tasks(task_type=Dict)
    assert flow.run().result[result].result == {"a": 2, "b": 5, "c": [3]}


def test_tasks_come_after_those_they_depend_on() -> None:
    a, b, c = Task("a"), Task("b"), Task("c")
    flow = Flow("f", edges=[Edge(b, c), Edge(a, b)])

    assert flow.sorted_tasks() == (a, b, c)
    assert flow.sorted_tasks(root_tasks=[b]) == (b, c)
    assert (flow.root_tasks(), flow.terminal_tasks()) == ({a}, {c})


def test_a_long_chain_is_sorted_without_recursion() -> None:
    tasks = [Task(f"t{number}") for number in range(3000)]
    flow = Flow("f")
    flow.chain(*tasks)

    assert list(flow.sorted_tasks()) == tasks


def test_a_flow_can_be_made_of_its_parts() -> None:
    a, b, c = Task(name="a"), Task(name="b"), Task(name="c")

    flow = Flow("f", tasks=[c], edges=[Edge(a, b)], reference_tasks=[a])

    assert flow.tasks == {a, b, c}
    assert flow.edges == {Edge(a, b)}
    assert flow.reference_tasks() == {a}
    with pytest.raises(ValueError, match="is not in"):
        Flow("f", reference_tasks=[a])
    with pytest.raises(InvalidGraph):
        Flow("f", edges=[Edge(a, b), Edge(b, a)], validate=True)


def test_a_cycle_is_named_with_its_path() -> None:
    a, b = Task("a"), Task("b")
    flow = Flow("f", edges=[Edge(a, b), Edge(b, a)])

    with pytest.raises(InvalidGraph, match=r"the flow has a cycle: (a -> b -> a|b -> a -> b)"):
        flow.validate()


def test_a_flow_with_a_cycle_runs_into_a_failed_state() -> None:
    a, b = Task("a"), Task("b")
    state = Flow("f", edges=[Edge(a, b), Edge(b, a)]).run()

    assert state.is_failed()
    assert isinstance(state.result, InvalidGraph)


def test_a_task_does_not_depend_on_itself() -> None:
    a = Task("a")
    with pytest.raises(ValueError, match="itself"):
        Flow("f").add_edge(a, a)


def test_a_key_is_an_identifier() -> None:
    with pytest.raises(ValueError, match="identifier"):
        Edge(Task("a"), Task("b"), key="not one")


def test_eager_validation_refuses_a_second_value_and_an_unknown_argument(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(config.flows, "eager_edge_validation", True)
    flow, a, b = Flow("f"), Task("a"), inc.copy()
    flow.add_edge(a, b, key="x")

    with pytest.raises(ValueError, match="already given"):
        flow.add_edge(Task("c"), b, key="x")
    with pytest.raises(TypeError, match="unexpected"):
        flow.add_edge(Task("c"), b, key="y")


def test_slugs_count_names_with_their_tags() -> None:
    flow = Flow("f")
    for arguments in ({}, {}, {"tags": ["z", "b"]}, {"slug": "a-3"}, {}):
        flow.add_task(Task("a", **arguments))

    assert list(flow.slugs.values()) == ["a-1", "a-2", "a-b-z-1", "a-3", "a-4"]


def test_get_tasks_takes_all_conditions() -> None:
    flow = Flow("f")
    one = flow.add_task(Task("a", tags=["x"]))
    flow.add_task(Task("a"))
    flow.add_task(Task("b", tags=["x"]))

    assert flow.get_tasks(name="a", tags=["x"]) == [one]
    assert flow.get_tasks(slug="a-x-1") == [one]


def test_reference_tasks_are_the_last_ones_unless_set() -> None:
    a, b = Task("a"), Task("b")
    flow = Flow("f", edges=[Edge(a, b)])
    assert flow.reference_tasks() == {b}

    flow.set_reference_tasks([a])
    assert flow.reference_tasks() == {a}

    flow.set_reference_tasks([])
    assert flow.reference_tasks() == {b}

    with pytest.raises(ValueError, match="is not in"):
        flow.set_reference_tasks([Task("c")])


def test_a_foreign_task_has_no_edges_here() -> None:
    with pytest.raises(ValueError, match="is not in"):
        Flow("f").edges_to(Task("a"))


def test_chained_tasks_by_operator() -> None:
    with Flow("f") as flow:
        a, b = inc(1), inc(2)
        assert (a | b) is b

    assert flow.upstream_tasks(b) == {a}


def test_register_says_what_to_do_instead() -> None:
    with pytest.raises(NotImplementedError, match=r"spec\.flow\.entrypoint"):
        Flow("f").register()


# Changing a flow


def test_update_takes_all_tasks_edges_and_constants_over() -> None:
    with Flow("one") as one:
        a = inc(1)
    with Flow("two") as two:
        b = inc(inc(Parameter("x")))

    one.update(two)

    assert one.tasks == {a, *two.tasks}
    assert one.edges == two.edges
    state = one.run(x=1)
    assert (state.result[a].result, state.result[b].result) == (2, 3)


def test_update_merges_parameters_if_told_to() -> None:
    with Flow("one") as one:
        a = inc(Parameter("x"))
    with Flow("two") as two:
        b = inc(Parameter("x"))

    with pytest.raises(ValueError, match="slug 'x'"):
        one.copy().update(two)
    one.update(two, merge_parameters=True)

    result = one.run(x=1).result
    assert (result[a].result, result[b].result) == (2, 2)
    assert len(one.parameters()) == 1


@pytest.mark.parametrize("merged", [True, False])
def test_update_merges_reference_tasks_if_told_to(merged: bool) -> None:
    with Flow("one") as one:
        a = inc(1)
        last = inc(a)
    one.set_reference_tasks([a])
    with Flow("two") as two:
        b = inc(1)

    one.update(two, merge_reference_tasks=merged)

    assert one.reference_tasks() == ({a, b} if merged else {a})
    assert last not in one.reference_tasks()


def test_replace_puts_a_task_into_the_place_of_another() -> None:
    @task
    def double(x: int) -> int:
        return 2 * x

    with Flow("f") as flow:
        before = inc(1)
        old = inc(before)
        after = inc(old)
    flow.set_reference_tasks([old])
    new = double.copy()

    flow.replace(old, new)

    assert old not in flow.tasks
    assert flow.reference_tasks() == {new}
    assert flow.run().result[after].result == 5


def test_replace_keeps_plain_arguments_and_takes_plain_values() -> None:
    with Flow("f") as flow:
        one = inc(1)
        two = inc(one)
    other = inc.copy()
    flow.replace(one, other)
    assert flow.run().result[two].result == 3

    flow.replace(other, 41)
    assert flow.run().result[two].result == 42


def test_what_replace_refuses() -> None:
    with Flow("f") as flow:
        inc(inc(1))

    with pytest.raises(ValueError, match="is not in"):
        flow.replace(inc, inc.copy())


def test_a_copy_of_a_flow_is_a_flow_of_its_own() -> None:
    with Flow("f") as flow:
        inc(1)
    other = flow.copy()
    with other:
        inc(2)

    assert (len(flow.tasks), len(other.tasks)) == (1, 2)
    assert flow != other
    assert flow == flow.copy()


def test_flows_are_equal_by_name_tasks_edges_and_reference_tasks() -> None:
    with Flow("f") as flow:
        one = inc(1)
        inc(one)
    changed = [flow.copy() for _ in range(3)]
    changed[0].name = "g"
    changed[1].add_edge(inc.copy(), one)
    changed[2].set_reference_tasks([one])

    assert [flow == other for other in changed] == [False] * 3
    assert flow != "f"


# Saving and drawing


def test_a_saved_flow_is_loaded_by_path_and_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "home_dir", str(tmp_path))
    with Flow("My Flow!") as flow:
        inc(1)

    by_name = flow.save()
    by_path = flow.save(tmp_path / "other" / "file")

    assert by_name == str(tmp_path / "flows" / "my-flow.prefect")
    for where in (by_path, "My Flow!"):
        loaded = Flow.load(where)
        (one,) = loaded.tasks
        assert loaded.run().result[one].result == 2


def test_what_is_no_saved_flow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "home_dir", str(tmp_path))
    (tmp_path / "number").write_bytes(cloudpickle.dumps(1))

    with pytest.raises(FileNotFoundError, match="nowhere"):
        Flow.load("nowhere")
    with pytest.raises(TypeError, match="holds no flow, but 1"):
        Flow.load(tmp_path / "number")


def a_drawn_flow() -> Any:
    with Flow("f") as flow:
        xs = Parameter("xs", default=[1, "a"])
        total = inc(inc.map(xs)[0])
    return flow, total


def test_a_drawing_has_boxes_for_maps_and_keys_at_edges() -> None:
    flow, _ = a_drawn_flow()
    nodes, arrows = drawing(flow)

    assert [(node.label, node.shape, node.color) for node in nodes] == [
        ("xs", "ellipse", None),
        ("inc <map>", "box", None),
        ("inc[0]", "ellipse", None),
        ("inc", "ellipse", None),
    ]
    assert [(arrow.label, arrow.style) for arrow in arrows] == [
        ("x", "dashed"),
        ("task_result", None),
        ("x", None),
    ]


def test_a_drawing_of_a_run_has_colours_and_children() -> None:
    flow, _ = a_drawn_flow()
    nodes, arrows = drawing(flow, flow.run())

    assert [(node.label, node.color) for node in nodes] == [
        ("xs", Success.color + "80"),
        ("inc <map>", Success.color + "80"),
        ("inc <map>", Failed.color + "80"),
        ("inc[0]", TriggerFailed.color + "80"),
        ("inc", TriggerFailed.color + "80"),
    ]
    assert len(arrows) == 5


@pytest.fixture
def dot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the program was called with, in a file.

    A stand-in: Graphviz itself is a package of the system's, which tests do not install.
    """
    program, said = tmp_path / "bin" / "dot", tmp_path / "said"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" > {said}\ncp f "$PWD/source"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    return said


def test_visualize_draws_by_graphviz(dot: Path) -> None:
    flow, _ = a_drawn_flow()

    graph = flow.visualize(filename="drawings/f.png", horizontal=True)

    assert dot.read_text().split() == ["-Kdot", "-Tpng", "-O", "f"]
    assert Path("drawings/source").read_text() == graph.source
    for line in ("rankdir=LR", '1 [label="inc <map>" shape=box]', "0 -> 1 [label=x style=dashed]"):
        assert line in graph.source
    assert not Path("drawings/f").exists()


def test_visualize_without_graphviz_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "graphviz", None)
    with pytest.raises(ImportError, match="pip install graphviz"):
        Flow("f").visualize()


@pytest.mark.parametrize("name", ["serialize", "serialized_hash", "run_agent", "diagnostics"])
def test_what_is_gone_of_flow_says_so(name: str) -> None:
    with pytest.raises(AttributeError, match=rf"flowlib has no Flow\.{name}: [a-z]"):
        getattr(Flow("f"), name)


# More of what is declared


def test_a_flow_iterates_in_order_and_answers_who_is_beside_whom() -> None:
    with Flow("f") as flow:
        one = inc(1)
        two = inc(one)
        three = inc(two)

    assert list(flow) == [one, two, three]
    assert flow.sorted_tasks(root_tasks=[two]) == (two, three)
    assert (flow.root_tasks(), flow.terminal_tasks()) == ({one}, {three})
    assert (flow.upstream_tasks(two), flow.downstream_tasks(two)) == ({one}, {three})


def test_flows_nest() -> None:
    with Flow("outer") as outer:
        one = inc(1)
        with Flow("inner") as inner:
            two = inc(2)
        three = inc(3)

    assert (outer.tasks, inner.tasks) == ({one, three}, {two})


def test_settings_of_a_flow_can_be_changed_later() -> None:
    flow = Flow("f", storage="kept", run_config="kept, too")
    assert (flow.storage, flow.run_config) == ("kept", "kept, too")
    flow.executor = flow.schedule = flow.run_config = flow.storage = None
    assert flow.run().is_successful()


def test_chain_draws_edges_one_after_the_other() -> None:
    flow = Flow("f")
    a, b, c = Task("a"), Task("b"), Task("c")

    assert [(e.upstream_task, e.downstream_task) for e in flow.chain(a, b, c)] == [(a, b), (b, c)]


def test_only_tasks_are_added() -> None:
    with pytest.raises(TypeError, match="not 3"):
        Flow("f").add_task(3)  # type: ignore[arg-type]
    flow = Flow("f", tasks=[Task("a", slug="s")])
    with pytest.raises(ValueError, match="slug 's'"):
        flow.add_task(Task("b", slug="s"))


def test_the_numbered_arguments_of_a_collection() -> None:
    with Flow("f") as flow:
        one = inc(1)
        made = total([one, 2])

    (collection,) = flow.upstream_tasks(made)
    assert collection.auto_generated
    assert {edge.key for edge in flow.edges_to(collection)} == {"arg_1"}
    assert flow.constants[collection] == {"arg_2": 2}
    assert flow.run().result[made].result == 4
