"""What ``import flowlib`` brings, and what it costs."""

import subprocess
import sys
from pathlib import Path

import pytest

import flowlib

PUBLIC = """
from flowlib import Flow, Task, Parameter, task, unmapped, mapped, tags, context, config
from flowlib import engine, executors, tasks, triggers
from flowlib.core import Edge, Flow, Parameter, Task
from flowlib.core.edge import Edge
from flowlib.core.flow import Flow
from flowlib.core.parameter import DateTimeParameter, Parameter
from flowlib.core.task import Task
from flowlib.engine import signals, state
from flowlib.engine.signals import FAIL, LOOP, PAUSE, RETRY, SKIP, SUCCESS, TRIGGERFAIL
from flowlib.engine.state import Failed, Mapped, Pending, Retrying, Running, Skipped, Success
from flowlib.executors import DaskExecutor, Executor, LocalExecutor
from flowlib.exceptions import PrefectSignal
from flowlib.triggers import all_finished, all_successful, always_run, any_failed
from flowlib.tasks.core.constants import Constant
from flowlib.tasks.core.collections import Dict, List, Set, Tuple
from flowlib.tasks.core.function import FunctionTask
from flowlib.tasks.core.operators import GetItem
from flowlib.utilities.edges import unmapped
from flowlib.utilities.logging import get_logger
from flowlib.utilities.tasks import as_task, tags, task
from flowlib import apply_map, case, flatten, resource_manager, storage
from flowlib.engine.signals import PrefectStateSignal, VALIDATIONFAIL
from flowlib.engine.state import Cached, Cancelled, Cancelling, ClientFailed, Finished, Looped
from flowlib.engine.state import Paused, Queued, Resume, Scheduled, State, Submitted, TimedOut
from flowlib.engine.state import TriggerFailed, ValidationFailed
from flowlib.storage import Azure, Bitbucket, CodeCommit, Docker, GCS, Git, GitHub, GitLab, Local
from flowlib.storage import Module, S3, Webhook
from flowlib.tasks.control_flow import FilterTask, case, ifelse, merge, switch
from flowlib.tasks.control_flow.case import case
from flowlib.tasks.control_flow.conditional import CompareValue, ifelse, merge, switch
from flowlib.tasks.control_flow.filter import FilterTask
from flowlib.tasks.core.operators import Add, And, Div, Equal, FloorDiv, GetAttr, GreaterThan
from flowlib.tasks.core.operators import GreaterThanOrEqual, LessThan, LessThanOrEqual, Mod, Mul
from flowlib.tasks.core.operators import Not, NotEqual, Or, Pow, Sub
from flowlib.tasks.core.resource_manager import ResourceManager, resource_manager
from flowlib.triggers import all_failed, any_successful, manual_only, not_all_skipped
from flowlib.triggers import some_failed, some_successful
from flowlib.utilities.edges import EdgeAnnotation, flatten, mapped
from flowlib.utilities.tasks import apply_map, defaults_from_attrs, pause_task
from flowlib import client, configuration, run_configs, schedules
from flowlib.client import Secret
from flowlib.engine.cache_validators import all_inputs, all_parameters, duration_only, never_use
from flowlib.engine.cache_validators import partial_inputs_only, partial_parameters_only
from flowlib.engine.result import NoResult, NoResultType, Result
from flowlib.engine.result.base import ResultNotImplementedError
from flowlib.engine.results import AzureResult, ConstantResult, GCSResult, LocalResult
from flowlib.engine.results import PrefectResult, S3Result, SecretResult
from flowlib.engine.serializers import CompressedSerializer, DateTimeSerializer, JSONSerializer
from flowlib.engine.serializers import PandasSerializer, PickleSerializer, Serializer
from flowlib.exceptions import PrefectException, TaskTimeoutSignal
from flowlib.run_configs import DockerRun, ECSRun, KubernetesRun, LocalRun, UniversalRun, VertexRun
from flowlib.schedules import CronSchedule, IntervalSchedule, RRuleSchedule, Schedule
from flowlib.schedules.adjustments import add, next_weekday
from flowlib.schedules.clocks import Clock, ClockEvent, CronClock, DatesClock, IntervalClock
from flowlib.schedules.clocks import RRuleClock
from flowlib.schedules.filters import at_time, between_times, is_weekday
from flowlib.schedules.schedules import Schedule
from flowlib.tasks.secrets import EnvVarSecret, PrefectSecret, SecretBase
from flowlib.tasks.shell import ShellTask
from flowlib.utilities.collections import DotDict, flatten_seq, merge_dicts
from flowlib.utilities.configuration import set_temporary_config
from flowlib.utilities.context import context
from flowlib.utilities.debug import is_serializable, raise_on_exception
from flowlib.utilities.notifications import callback_factory, gmail_notifier, slack_notifier
"""


def run(program: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout


def test_every_public_path_can_be_imported() -> None:
    exec(PUBLIC, {})


ATTRIBUTES = [
    "tasks.control_flow.conditional.CompareValue",
    "tasks.core.operators.Add",
    "tasks.core.resource_manager.ResourceManager",
    "client.Secret",
    "configuration.load",
    "core.parameter.DateTimeParameter",
    "engine.cache_validators.never_use",
    "engine.result.NoResult",
    "engine.results.LocalResult",
    "engine.serializers.JSONSerializer",
    "engine.signals.SKIP",
    "engine.state.Failed",
    "exceptions.PrefectSignal",
    "executors.LocalExecutor",
    "run_configs.KubernetesRun",
    "schedules.clocks.CronClock",
    "schedules.filters.is_weekday",
    "storage.Docker",
    "tasks.secrets.PrefectSecret",
    "tasks.shell.ShellTask",
    "triggers.all_finished",
    "utilities.debug.raise_on_exception",
    "utilities.logging.get_logger",
    "utilities.notifications.slack_notifier",
]


@pytest.mark.timeout(180)
def test_subpackages_are_attributes_without_being_imported() -> None:
    # Each in a process of its own, as above.
    program = f"""
import flowlib, os
for path in {ATTRIBUTES}:
    if not os.fork():
        found = flowlib
        for name in path.split("."):
            found = getattr(found, name)
        os._exit(0)
    if os.wait()[1]:
        print(path)
"""
    assert run(program) == ""


def test_all_names_exist() -> None:
    assert [name for name in flowlib.__all__ if not hasattr(flowlib, name)] == []


@pytest.mark.timeout(180)
def test_every_module_can_be_the_first_that_is_imported() -> None:
    root = Path(flowlib.__file__).parent
    names = sorted(
        ".".join(["flowlib", *path.relative_to(root).with_suffix("").parts])
        for path in root.rglob("*.py")
        if path.name not in {"__init__.py", "__main__.py"} and "cli" not in path.parts
    )
    # Each in a process of its own, which comes from one that has imported nothing yet.
    program = f"""
import importlib, os
for name in {names}:
    if not os.fork():
        importlib.import_module(name)
        os._exit(0)
    if os.wait()[1]:
        print(name)
"""
    assert run(program) == ""


def test_a_runner_hears_sigterm_before_anything_else_is_imported() -> None:
    seen = run(
        "import sys; import flowlib.runner.sigterm\n"
        "print(*sorted(m for m in sys.modules if m.startswith('flowlib')))"
    )
    # flowlib.gone is a table of names.
    expected = ["flowlib", "flowlib.gone", "flowlib.runner", "flowlib.runner.sigterm"]
    assert seen.split() == expected


@pytest.mark.timeout(180)
def test_importing_it_imports_neither_dask_nor_kubernetes_nor_pendulum() -> None:
    seen = run("import flowlib, sys; print(*sorted({m.split('.')[0] for m in sys.modules}))")
    assert {"distributed", "dask", "kopf", "kubernetes", "pendulum"}.isdisjoint(seen.split())


@pytest.mark.parametrize(
    ("statement", "instead"),
    [
        ("from flowlib import Client", "FlowRun"),
        ("from flowlib.client import Client", "FlowRun"),
        ("import flowlib.backend", "FlowRun"),
        ("from flowlib.engine.executors import DaskExecutor", "use flowlib.executors"),
        ("from flowlib.environments import LocalEnvironment", r"Flow\(executor="),
        ("import flowlib; flowlib.agent", "operator"),
        ("from flowlib.engine import FlowRunner", r"flow\.run\(\)"),
        ("import flowlib.engine.task_runner", r"flow\.run\(\)"),
        ("from flowlib.tasks.prefect import create_flow_run", "FlowRun"),
        ("from flowlib.tasks.postgres import PostgresFetch", "service's own client"),
        ("from flowlib.tasks import docker", "service's own client"),
    ],
)
def test_what_is_gone_says_what_to_use_instead(statement: str, instead: str) -> None:
    with pytest.raises(ImportError, match=instead):
        exec(statement, {})


@pytest.mark.parametrize("statement", ["import flowlib.nothing", "from flowlib import nothing"])
def test_what_never_was_is_missing_as_usual(statement: str) -> None:
    with pytest.raises(ImportError, match=r"No module named|cannot import name"):
        exec(statement, {})
