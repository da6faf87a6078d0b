"""flowlib.context: in every thread, in every task."""

import datetime
import threading
from typing import Any

import cloudpickle
import pytest

from flowlib import Flow, Parameter, config, context, task
from flowlib.executors import LocalExecutor
from flowlib.utilities.configuration import set_temporary_config


def ran(flow: Flow, **options: Any) -> Any:
    state = flow.run(executor=LocalExecutor(), **options)
    assert state is not None
    assert state.is_successful(), state.result
    return state.result


def test_names_by_attribute_item_and_get() -> None:
    with context({"a": 1}, b=2):
        assert (context.a, context["b"], context.get("c"), context.get("c", 3)) == (1, 2, None, 3)
        assert "a" in context
        context.a = 5
        context["d"] = 6
        assert context.to_dict()["a"] == 5
        with context(a=7):
            assert (context.a, context.b) == (7, 2)
        assert context.a == 5
        del context["d"]
    assert "a" not in context
    with pytest.raises(AttributeError, match="'a'"):
        _ = context.a
    with pytest.raises(KeyError):
        _ = context["a"]


def test_it_is_a_mapping() -> None:
    with context(a=1, b=2):
        assert dict(**context) == context.to_dict()
        assert ("a", 1) in context.items()
        assert 2 in context.values()
        assert len(context) == len(list(context)) == len(context.keys())
        assert (context.pop("a"), context.pop("a", 5)) == (1, 5)
        with pytest.raises(KeyError):
            context.pop("a")


def test_settings_are_merged_deeply() -> None:
    with context(config={"flows": {"checkpointing": True}}):
        assert context.config.flows.checkpointing is True
        assert context.config.flows.run_on_schedule is True
    assert config.flows.checkpointing is False


def test_each_thread_has_its_own_and_all_have_the_configured() -> None:
    seen: list[Any] = []
    with set_temporary_config({"context.everywhere": 1}), context(here=1):
        thread = threading.Thread(
            target=lambda: seen.append(("here" in context, context.get("everywhere")))
        )
        thread.start()
        thread.join()
    assert seen == [(False, 1)]


def test_it_travels_as_itself() -> None:
    assert cloudpickle.loads(cloudpickle.dumps(context)) is context


NAMES = {
    "flow_name": "f",
    "flow_run_id": "id",
    "flow_run_name": "a run",
    "task_name": "ask",
    "task_full_name": "ask[1]",
    "task_slug": "ask-tag-1",
    "task_tags": {"tag"},
    "task_run_count": 1,
    "map_index": 1,
    "today": "2026-02-28",
    "yesterday": "2026-02-27",
    "tomorrow": "2026-03-01",
    "today_nodash": "20260228",
    "yesterday_nodash": "20260227",
    "tomorrow_nodash": "20260301",
    "parameters": {"p": 1, "q": 2},
    "mine": "given",
    "around": "put",
    "checkpointing": False,
    "caches": {},
}


def test_what_a_task_finds() -> None:
    found: dict[str, Any] = {}

    @task(tags=["tag"])
    def ask(x: int) -> None:
        if x:
            found.update(context.to_dict())

    with Flow("f") as flow:
        ask.map([0, 1])
        Parameter("p")()
        Parameter("q", default=2)()
    date = datetime.datetime(2026, 2, 28, 12, tzinfo=datetime.UTC)
    with context(around="put"):
        ran(
            flow,
            p=1,
            flow_run_id="id",
            flow_run_name="a run",
            context={"date": date, "mine": "given"},
        )
    assert {name: found[name] for name in NAMES} == NAMES
    assert found["date"].add(days=1).to_date_string() == "2026-03-01"
    assert found["scheduled_start_time"].timezone_name == "UTC"
    assert found["logger"].name == "flowlib.ask[1]"
    assert found["config"].flows == config.flows
    assert len(found["task_run_id"]) == 36
    assert found["task_id"]
    assert "flow" not in found
    assert "task_loop_count" not in found


def test_an_unmapped_task_has_no_index() -> None:
    @task
    def ask() -> Any:
        return context.map_index, context.task_full_name, context.logger.name

    with Flow("f") as flow:
        asked = ask()
    assert ran(flow)[asked].result == (None, "ask", "flowlib.ask")


def test_parameters_of_the_context() -> None:
    """Those given to run go first, then the context's, then the defaults."""

    @task
    def ask() -> Any:
        return dict(context.parameters)

    with Flow("f") as flow:
        asked = ask()
        for name in "abc":
            Parameter(name, default="default")()
    result = ran(flow, a="run", context={"parameters": {"a": "context", "b": "context"}})
    assert result[asked].result == {"a": "run", "b": "context", "c": "default"}


def test_a_flow_that_a_task_runs_has_a_context_of_its_own() -> None:
    @task
    def inner() -> Any:
        return context.map_index, context.flow_name, context.get("tag"), context.task_name

    with Flow("inner") as inner_flow:
        asked = inner()

    @task
    def outer(x: int) -> Any:
        before = context.to_dict()
        answer = ran(inner_flow)[asked].result
        assert context.to_dict() == before
        return answer

    with Flow("outer") as flow:
        run = outer.map([1, 2, 3])
    with context(tag="t"):
        assert ran(flow)[run].result == [(None, "inner", "t", "inner")] * 3


def test_secrets_that_only_the_worker_knows() -> None:
    @task
    def ask() -> Any:
        return dict(context.secrets), context.get("kind")

    with Flow("f") as flow:
        asked = ask()

    class Elsewhere(LocalExecutor):
        """Tasks run where the settings are others than where the flow is run."""

        def submit(self, fn: Any, *args: Any, **more: Any) -> Any:
            there = {"context.secrets": {"A": "there", "B": "there"}, "context.kind": "worker"}
            with set_temporary_config(there):
                return super().submit(fn, *args, **more)

    state = flow.run(executor=Elsewhere(), context={"secrets": {"A": "sent"}})
    assert state is not None
    assert state.result[asked].result == ({"A": "sent", "B": "there"}, "worker")
