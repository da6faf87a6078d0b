"""What a task says of its time and its results, as it is made."""

import datetime
import warnings
from pathlib import Path
from typing import Any

import pytest

from flowlib import Flow, Task
from flowlib.core.parameter import Parameter
from flowlib.engine import cache_validators
from flowlib.engine.results import ConstantResult, LocalResult, PrefectResult, SecretResult
from flowlib.tasks.core.constants import Constant
from flowlib.tasks.secrets import EnvVarSecret, PrefectSecret

HOUR = datetime.timedelta(hours=1)


def test_arguments_are_kept_as_attributes(tmp_path: Path) -> None:
    result = LocalResult(tmp_path)
    task = Task(
        timeout=5,
        cache_for=HOUR,
        cache_key="key",
        checkpoint=False,
        log_stdout=True,
        result=result,
        task_run_name="name",
    )
    assert (task.timeout, task.cache_for, task.cache_key) == (5, HOUR, "key")
    assert (task.checkpoint, task.log_stdout, task.task_run_name) == (False, True, "name")
    assert task.result is result
    assert Flow("f", result=result).result is result


def test_defaults() -> None:
    task = Task()
    for name in ("timeout", "cache_for", "cache_key", "checkpoint", "result", "target"):
        assert getattr(task, name) is None, name
    assert task.log_stdout is False
    assert task.task_run_name is None
    assert task.cache_validator is cache_validators.never_use
    assert Task(cache_for=HOUR).cache_validator is cache_validators.duration_only


def test_a_time_out_of_a_timedelta_is_whole_seconds() -> None:
    assert Task(timeout=datetime.timedelta(minutes=2)).timeout == 120
    with pytest.warns(UserWarning, match="whole seconds"):
        assert Task(timeout=datetime.timedelta(seconds=2.5)).timeout == 2


@pytest.mark.parametrize("timeout", [2.5, "2", True])
def test_a_time_out_of_anything_else_is_refused(timeout: Any) -> None:
    with pytest.raises(TypeError, match="whole seconds or a timedelta"):
        Task(timeout=timeout)


def test_a_validator_without_a_duration_warns() -> None:
    with pytest.warns(UserWarning, match="cache_validator without cache_for"):
        Task(cache_validator=cache_validators.all_inputs)


def test_the_target_is_where_the_result_is_kept(tmp_path: Path) -> None:
    result = LocalResult(tmp_path)
    task = Task(result=result, target="there")
    assert task.result is not None
    assert task.result.location == "there"
    assert result.location is None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Task(result=LocalResult(tmp_path, location="there"), target="there")
    with pytest.warns(UserWarning, match="the target is used"):
        task = Task(result=LocalResult(tmp_path, location="here"), target="there")
    assert task.result is not None
    assert task.result.location == "there"


def test_what_has_a_result_of_its_own() -> None:
    assert isinstance(Parameter("p").result, PrefectResult)
    assert Constant(5).result == ConstantResult(5)
    assert isinstance(PrefectSecret("s").result, SecretResult)
    for secret in (PrefectSecret("s"), EnvVarSecret("s")):
        assert secret.checkpoint is False
        assert secret.name == "s"
    with pytest.raises(ValueError, match="never kept"):
        PrefectSecret("s", checkpoint=True)
