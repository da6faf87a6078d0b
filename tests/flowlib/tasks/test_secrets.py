"""Secrets: as tasks, and for whoever asks."""

from collections.abc import Callable
from typing import Any

import pytest

from flowlib import Flow, Parameter, context, task
from flowlib.client import Secret
from flowlib.configuration import config
from flowlib.engine.state import State, Success
from flowlib.executors import LocalExecutor
from flowlib.tasks.secrets import EnvVarSecret, PrefectSecret, SecretBase


def test_a_secret_is_asked_for_again_in_every_run() -> None:
    with Flow("f") as flow:
        secret = PrefectSecret("S")()

    state = flow.run(context={"secrets": {"S": "new"}}, task_states={secret: Success(result="old")})

    assert state is not None
    assert state.result[secret].result == "new"


# What the context holds, and what a secret is.
DECODED: list[tuple[Any, Any]] = [
    ("plain", "plain"),
    ('{"a": 1}', {"a": 1}),
    ("5", 5),
    ("[1,", "[1,"),
    ({"a": 1}, {"a": 1}),
    (None, None),
]


def run(make: Callable[[], Any], **options: Any) -> State:
    with Flow("f") as flow:
        made = make()
    state = flow.run(executor=LocalExecutor(), **options)
    assert state is not None
    its: State = state.result[made]
    return its


@pytest.mark.parametrize(("held", "value"), DECODED)
def test_a_secret_of_the_context(held: Any, value: Any) -> None:
    with context(secrets={"S": held}):
        assert Secret("S").get() == value
        assert Secret("S").exists()
        assert PrefectSecret("S").run() == value
    secrets = {"secrets": {"S": held}}
    assert run(lambda: PrefectSecret("S").bind(), context=secrets).result == value


def test_a_secret_that_is_not_there() -> None:
    assert not Secret("S").exists()
    with pytest.raises(ValueError, match="FLOWLIB__CONTEXT__SECRETS__S"):
        Secret("S").get()
    assert isinstance(run(lambda: PrefectSecret("S").bind()).result, ValueError)
    with pytest.raises(ValueError, match="needs a name"):
        PrefectSecret().run()


def test_no_secret_while_a_flow_is_declared() -> None:
    with context(secrets={"S": "x"}), Flow("f"), pytest.raises(ValueError, match="declared"):
        Secret("S").get()


def test_the_name_can_come_from_a_task() -> None:
    state = run(
        lambda: PrefectSecret()(name=Parameter("p", default="S")),
        context={"secrets": {"S": "x"}},
    )
    assert state.result == "x"


def test_environment_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S", "5")
    assert run(lambda: EnvVarSecret("S").bind()).result == "5"
    assert run(lambda: EnvVarSecret("S", cast=int).bind()).result == 5
    assert run(lambda: EnvVarSecret("NONE").bind()).result is None
    failed = run(lambda: EnvVarSecret("NONE", raise_if_missing=True).bind())
    assert "'NONE' is not set" in str(failed.message)
    with pytest.raises(ValueError, match="needs a name"):
        EnvVarSecret().run()


def test_secrets_are_never_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    from flowlib.engine.results import LocalResult

    monkeypatch.setattr(config.flows, "checkpointing", True)

    class Mine(SecretBase):
        def run(self) -> str:
            return "hidden"

    @task
    def use(secret: str) -> int:
        return len(secret)

    with Flow("f", result=LocalResult(tmp_path)) as flow:
        used = use(Mine(name="mine"))
    state = flow.run(executor=LocalExecutor())
    assert state is not None
    assert state.result[used].result == 6
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1
