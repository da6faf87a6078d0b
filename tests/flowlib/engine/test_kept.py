"""Results that are kept: checkpoints, targets, caches, as flows use them."""

import datetime
from pathlib import Path
from typing import Any, ClassVar

import pendulum
import pytest

from flowlib import Flow, Parameter, context, task
from flowlib.configuration import config
from flowlib.engine import cache_validators
from flowlib.engine.result import Result
from flowlib.engine.results import LocalResult
from flowlib.engine.state import Cached, Failed, Mapped, Success
from flowlib.executors import LocalExecutor
from flowlib.utilities.edges import unmapped

HOUR = datetime.timedelta(hours=1)


def run(flow: Flow, **arguments: Any) -> Any:
    state = flow.run(executor=LocalExecutor(), **arguments)
    assert state is not None
    assert isinstance(state.result, dict), state
    return state


@pytest.fixture
def checkpointing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config.flows, "checkpointing", True)


@pytest.fixture(autouse=True)
def nothing_cached() -> Any:
    with context(caches={}):
        yield


class TestWriting:
    @pytest.mark.usefixtures("checkpointing")
    def test_where_the_task_says(self, tmp_path: Path) -> None:
        @task(result=LocalResult(tmp_path, location="{flow_name}/{task_name}-{p}-{x}.pkl"))
        def double(x: int) -> int:
            return 2 * x

        with Flow("f") as flow:
            doubled = double(Parameter("p"))
            again = double(7)
        state = run(flow, p=3)

        assert state.result[doubled].result == 6
        where = state.result[doubled]._result.location
        assert where == str(tmp_path / "f/double-3-3.pkl")
        assert LocalResult(tmp_path).read(where).value == 6
        assert state.result[again]._result.location == str(tmp_path / "f/double-3-7.pkl")
        assert type(state.result[doubled]) is Success

    @pytest.mark.usefixtures("checkpointing")
    def test_the_inputs_names_go_before_the_contexts(self, tmp_path: Path) -> None:
        @task(result=LocalResult(tmp_path, location="{flow_name}-{p}"))
        def name(flow_name: str) -> str:
            return flow_name

        with Flow("f") as flow:
            Parameter("flow_name", default="a parameter")()
            named = name("an input")
            Parameter("p", default="p")()
        assert run(flow).result[named]._result.location == str(tmp_path / "an input-p")

    @pytest.mark.usefixtures("checkpointing")
    def test_where_the_flow_says(self, tmp_path: Path) -> None:
        @task
        def one() -> int:
            return 1

        with Flow("f", result=LocalResult(tmp_path)) as flow:
            kept = one()
            dropped = one(task_args={"checkpoint": False})
        state = run(flow)
        assert Path(state.result[kept]._result.location).is_relative_to(tmp_path)
        assert state.result[dropped]._result.location is None
        assert state.result[dropped].result == 1

    @pytest.mark.usefixtures("checkpointing")
    def test_children_by_their_index(self, tmp_path: Path) -> None:
        @task(result=LocalResult(tmp_path, location="{map_index}-{x}-{y}"))
        def add(x: int, y: int) -> int:
            return x + y

        with Flow("f") as flow:
            added = add.map([1, 2, 3], unmapped(10))
        state = run(flow).result[added]
        assert isinstance(state, Mapped)
        assert state.result == [11, 12, 13]
        assert [child._result.location for child in state.map_states] == [
            str(tmp_path / name) for name in ("0-1-10", "1-2-10", "2-3-10")
        ]

    @pytest.mark.parametrize("how", ["off", "None", "cannot"])
    def test_when_nothing_is_written(
        self, how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(config.flows, "checkpointing", how != "off")

        @task(result=Result() if how == "cannot" else LocalResult(tmp_path))
        def value() -> Any:
            return None if how == "None" else 5

        with Flow("f") as flow:
            made = value()
        state = run(flow).result[made]
        assert type(state) is Success
        assert state._result.location is None
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.usefixtures("checkpointing")
    def test_a_result_that_cannot_be_written_is_a_failure(self, tmp_path: Path) -> None:
        @task(result=LocalResult(tmp_path, location="{no_such_name}"))
        def value() -> int:
            return 5

        with Flow("f") as flow:
            made = value()
        state = run(flow).result[made]
        assert type(state) is Failed
        assert state.message is not None
        assert state.message.startswith("Unexpected error while keeping the result: KeyError(")


class Remembered(Result):
    """A kind of result as somebody may have written it."""

    memory: ClassVar[dict[str, bytes]] = {}

    def read(self, location: str) -> Any:
        new = self.copy()
        new.location = location
        new.value = self.serializer.deserialize(self.memory[location])
        return new

    def write(self, value_: Any, **kwargs: Any) -> Any:
        new = self.format(**kwargs)
        new.value = value_
        self.logger.debug("remembers %s", new.location)
        self.memory[new.location] = self.serializer.serialize(value_)
        return new

    def exists(self, location: str, **kwargs: Any) -> bool:
        return location.format(**kwargs) in self.memory


@pytest.mark.usefixtures("checkpointing")
def test_a_kind_of_result_of_ones_own() -> None:
    Remembered.memory.clear()

    @task(result=Remembered(), target="{x}")
    def double(x: int) -> int:
        return 2 * x

    with Flow("f") as flow:
        doubled = double.map([1, 2])
        free = double(5, task_args={"target": None, "result": Remembered()})
    first, second = run(flow).result, run(flow).result
    assert first[doubled].result == second[doubled].result == [2, 4]
    assert [type(state) for state in second[doubled].map_states] == [Cached, Cached]
    assert first[free]._result.location.endswith(".prefect_result")
    assert len(Remembered.memory) == 4


class TestTargets:
    @pytest.mark.parametrize("writes", [True, False])
    @pytest.mark.parametrize("kept_by", ["task", "flow"])
    def test_a_target_that_exists_is_not_made_again(
        self, kept_by: str, writes: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(config.flows, "checkpointing", writes)
        result, ran = LocalResult(tmp_path), []

        @task(target="{x}.pkl", result=result if kept_by == "task" else None)
        def double(x: int) -> int:
            ran.append(x)
            return 2 * x

        with Flow("f", result=result if kept_by == "flow" else None) as flow:
            doubled = double(Parameter("p"))
            after = double(doubled)

        first = run(flow, p=1).result
        assert [type(first[doubled]), first[doubled].result] == [Success, 2]
        second = run(flow, p=1).result
        assert first[after].result == second[after].result == 4
        if writes:
            assert ran == [1, 2]
            assert type(second[doubled]) is Cached
            assert second[doubled].message == "Result found at task target 1.pkl"
            assert second[doubled]._result.location == "1.pkl"
        else:
            assert ran == [1, 2, 1, 2]
            assert list(tmp_path.iterdir()) == []

    def test_by_a_function_and_with_checkpointing_off(self, tmp_path: Path) -> None:
        LocalResult(tmp_path, location="there-1").write("found")

        @task(result=LocalResult(tmp_path), target=lambda map_index, **more: f"there-{map_index}")
        def value(x: int) -> str:
            return f"made {x}"

        with Flow("f") as flow:
            values = value.map([0, 1, 2])
        state = run(flow).result[values]
        assert state.result == ["made 0", "found", "made 2"]
        assert [type(child) for child in state.map_states] == [Success, Cached, Success]

    def test_a_target_goes_before_the_trigger_and_after_the_skip(self, tmp_path: Path) -> None:
        LocalResult(tmp_path, location="there").write("found")

        @task
        def fail() -> None:
            raise ValueError

        @task(target="there", result=LocalResult(tmp_path))
        def value(x: Any) -> str:
            return "made"

        with Flow("f") as flow:
            made = value(fail())
        assert type(run(flow).result[made]) is Cached

    def test_a_target_needs_a_result(self) -> None:
        @task(target="there")
        def value() -> int:
            return 1

        with Flow("f") as flow:
            made = value()
        assert "give it, for example, result=LocalResult()" in run(flow).result[made].message

    def test_a_target_that_cannot_be_read_is_a_failure(self, tmp_path: Path) -> None:
        (tmp_path / "there").write_text("no pickle")

        @task(target="there", result=LocalResult(tmp_path))
        def value() -> int:
            return 1

        with Flow("f") as flow:
            made = value()
        assert "looking for an earlier result" in run(flow).result[made].message


class TestCaches:
    def test_later_runs_reuse_what_holds(self) -> None:
        ran: list[int] = []

        @task(cache_for=HOUR, cache_validator=cache_validators.all_inputs)
        def double(x: int) -> int:
            ran.append(x)
            return 2 * x

        with Flow("f") as flow:
            doubled = double(Parameter("p"))
            mapped = double.map([10, 20])

        first = run(flow, p=1).result
        assert type(first[doubled]) is Cached
        assert first[doubled].result == 2
        assert sorted(ran) == [1, 10, 20]
        assert run(flow, p=1).result[doubled].result == 2
        assert sorted(ran) == [1, 10, 20]
        second = run(flow, p=3).result
        assert second[doubled].result == 6
        assert second[mapped].result == [20, 40]
        assert sorted(ran) == [1, 3, 10, 20]

    @pytest.mark.parametrize(("hours", "result"), [(1, "earlier"), (-1, "made")])
    def test_what_another_run_cached_is_asked_about_again(self, hours: int, result: str) -> None:
        @task(cache_for=HOUR)
        def value(x: int = 0) -> str:
            return "made"

        with Flow("f") as flow:
            one, some = value(), value.map([1, 2])
        cached = Cached(
            result="earlier",
            cached_result_expiration=pendulum.now("utc").add(hours=hours),
        )
        states = {one: cached, some: Mapped(map_states=[Success(result="kept"), cached])}

        ended = run(flow, task_states=states).result

        assert ended[one].result == result
        assert ended[some].result == ["kept", result]

    def test_what_another_run_cached_is_run_by_a_task_without_caches(self) -> None:
        @task
        def value() -> str:
            return "made"

        with Flow("f") as flow:
            one = value()

        assert run(flow, task_states={one: Cached(result="earlier")}).result[one].result == "made"

    def test_what_has_expired_is_made_again(self) -> None:
        ran: list[int] = []

        @task(cache_for=datetime.timedelta(0), cache_key="shared")
        def value() -> None:
            ran.append(1)

        with Flow("f") as flow:
            value()
        run(flow)
        run(flow)
        assert ran == [1, 1]
        assert context.caches == {"shared": []}

    def test_a_key_is_shared_by_tasks_and_flows(self) -> None:
        ran: list[str] = []

        @task(cache_for=HOUR, cache_key="shared")
        def a() -> str:
            ran.append("a")
            return "a"

        @task(cache_for=HOUR, cache_key="shared")
        def b() -> str:
            ran.append("b")
            return "b"

        with Flow("f") as first:
            a()
        with Flow("g") as second:
            made = b()
        run(first)
        assert run(second).result[made].result == "a"
        assert ran == ["a"]

    def test_handlers_see_it(self) -> None:
        seen: list[tuple[str, str]] = []

        @task(
            cache_for=HOUR,
            state_handlers=[
                lambda task, old, new: seen.append((type(old).__name__, type(new).__name__))
            ],
        )
        def value() -> int:
            return 1

        with Flow("f") as flow:
            value()
        run(flow)
        run(flow)
        assert seen == [("Pending", "Running"), ("Running", "Cached"), ("Pending", "Cached")]


class TestNames:
    def test_a_name_from_a_template_or_a_function(self) -> None:
        @task(task_run_name="{task_name} of {x} on {today_nodash}")
        def named(x: int) -> Any:
            return context.task_run_name

        with Flow("f") as flow:
            by_template = named(3)
            by_function = named(4, task_args={"task_run_name": lambda x, **more: f"four: {x}"})
            wrong = named(4, task_args={"task_run_name": "{nonsense}"})
        day = datetime.datetime(2026, 2, 3, tzinfo=datetime.UTC)
        result = run(flow, context={"date": day}).result
        assert result[by_template].result == "named of 3 on 20260203"
        assert result[by_function].result == "four: 4"
        assert "naming the task run" in result[wrong].message
