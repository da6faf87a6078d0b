"""Settings: where they come from, and which goes first."""

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from flowlib import configuration
from flowlib.configuration import PACKAGED, Section, config, load
from flowlib.utilities.configuration import set_temporary_config

DEFAULTS = {
    "home_dir": "~/.flowlib",
    "debug": False,
    "flows.checkpointing": False,
    "flows.run_on_schedule": True,
    "flows.eager_edge_validation": False,
    "tasks.defaults.max_retries": 0,
    "tasks.defaults.retry_delay": None,
    "tasks.defaults.timeout": None,
    "engine.executor.default_class": "flowlib.executors.LocalExecutor",
    "engine.executor.dask.address": "",
    "engine.executor.dask.cluster_class": "distributed.LocalCluster",
    "logging.level": "INFO",
    "logging.log_attributes": [],
    "logging.extra_loggers": [],
    "logging.mapped_children": False,
    "context.secrets": Section({}),
}


@pytest.mark.parametrize(("path", "value"), DEFAULTS.items())
def test_defaults(path: str, value: Any) -> None:
    assert load({}).get_nested(path, "missing") == value


def test_the_packaged_file_is_part_of_the_package() -> None:
    assert PACKAGED.parent == Path(configuration.__file__).parent
    assert tomllib.loads(PACKAGED.read_text())["flows"]


# The environment, a path, and the setting there.
ENVIRONMENT: list[tuple[dict[str, str], str, Any]] = [
    ({"FLOWLIB__FLOWS__CHECKPOINTING": "true"}, "flows.checkpointing", True),
    ({"FLOWLIB__FLOWS__CHECKPOINTING": "False"}, "flows.checkpointing", False),
    ({"FLOWLIB__TASKS__DEFAULTS__MAX_RETRIES": "3"}, "tasks.defaults.max_retries", 3),
    ({"FLOWLIB__TASKS__DEFAULTS__TIMEOUT": "None"}, "tasks.defaults.timeout", None),
    ({"FLOWLIB__X__Y": "1.5"}, "x.y", 1.5),
    ({"FLOWLIB__X__Y": "[1, 'a']"}, "x.y", [1, "a"]),
    ({"FLOWLIB__X__Y": "{'a': 1}"}, "x.y", {"a": 1}),
    ({"FLOWLIB__X__Y": "tcp://1.2.3.4:8786"}, "x.y", "tcp://1.2.3.4:8786"),
    ({"FLOWLIB__X__Y": ""}, "x.y", ""),
    ({"FLOWLIB__DEBUG": "true"}, "debug", True),
    ({"FLOWLIB__X": "${logging.level} and ${flows.checkpointing}"}, "x", "INFO and False"),
    ({"FLOWLIB__X": "${flows.checkpointing}"}, "x", False),
    ({"FLOWLIB__X": "${y}", "FLOWLIB__Y": "${logging.level}!"}, "x", "INFO!"),
    ({"FLOWLIB__X": "${no.such}"}, "x", ""),
    ({"FLOWLIB__X": "$WHO/$NOBODY", "WHO": "me"}, "x", "me/$NOBODY"),
    ({"HOME": "/h"}, "home_dir", "/h/.flowlib"),
    ({"FLOWLIB__CONTEXT__SECRETS__myKey": "$1{x}"}, "context.secrets.myKey", "$1{x}"),
    ({"FLOWLIB__CONTEXT__SECRETS__PIN": "007"}, "context.secrets.PIN", "007"),
    ({"FLOWLIB__CONTEXT__OTHER": "7"}, "context.other", 7),
    ({"PREFECT__FLOWS__CHECKPOINTING": "true"}, "flows.checkpointing", True),
    ({"PREFECT__CONTEXT__SECRETS__K": "v"}, "context.secrets.K", "v"),
    ({"FLOWLIB__X": "mine", "PREFECT__X": "theirs"}, "x", "mine"),
    ({"FLOWLIBX": "1", "OTHER__X": "2"}, "x", "missing"),
]


@pytest.mark.parametrize(("environment", "path", "value"), ENVIRONMENT)
def test_the_environment(environment: dict[str, str], path: str, value: Any) -> None:
    found = load(environment).get_nested(path, "missing")
    assert (found.to_dict() if isinstance(found, Section) else found) == value


@pytest.mark.parametrize(
    "where", ["FLOWLIB__USER_CONFIG_PATH", "PREFECT__USER_CONFIG_PATH", "HOME"]
)
def test_the_users_file_goes_between(tmp_path: Path, where: str) -> None:
    file = tmp_path / ".flowlib" / "config.toml"
    file.parent.mkdir()
    file.write_text('[logging]\nlevel = "DEBUG"\n[flows]\ncheckpointing = true\n[mine]\na = "$X"\n')
    place = str(tmp_path if where == "HOME" else file)
    settings = load({where: place, "FLOWLIB__LOGGING__LEVEL": "WARNING", "X": "x"})
    assert settings.logging.level == "WARNING"
    assert settings.flows.checkpointing is True
    assert settings.flows.run_on_schedule is True
    assert settings.mine.a == "x"


def test_a_users_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("nonsense")
    with pytest.raises(ValueError, match=r"c\.toml cannot be read"):
        load({"FLOWLIB__USER_CONFIG_PATH": str(tmp_path / "c.toml")})


def test_a_setting_that_refers_to_itself() -> None:
    with pytest.raises(ValueError, match="refers to itself"):
        load({"FLOWLIB__X": "a ${x}"})


def test_prefects_names_are_told_about() -> None:
    program = "import flowlib; flowlib.utilities.logging.get_logger(); print(flowlib.config.x)"
    environment = {
        "PYTHONPATH": str(Path(configuration.__file__).parents[1]),
        "PREFECT__X": "5",
        "PREFECT__CONTEXT__SECRETS__KEY": "hidden",
    }
    answer = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert answer.stdout.splitlines()[-1] == "5"
    assert "WARNING" in answer.stdout
    assert "FLOWLIB__: PREFECT__CONTEXT__SECRETS__KEY, PREFECT__X" in answer.stdout
    assert "hidden" not in answer.stdout


def test_a_section_is_a_mapping() -> None:
    flows = load({}).flows
    assert dict(flows) == dict(flows.items()) == flows.to_dict()
    assert len(flows) == len(flows.keys()) == len(flows.values())
    flows["checkpointing"] = 1
    assert (flows.checkpointing, flows["checkpointing"]) == (1, 1)
    assert "nonsense" not in flows
    with pytest.raises(KeyError):
        flows["nonsense"]


def test_settings_for_a_while() -> None:
    flows = config.flows
    with set_temporary_config({"flows.checkpointing": True, "new.deep.thing": 1, "debug": 2}) as c:
        assert c is config
        assert (config.flows.checkpointing, config.new.deep.thing, config.debug) == (True, 1, 2)
        assert config.flows.run_on_schedule is True
    assert config.flows is flows
    assert (config.flows.checkpointing, config.debug) == (False, False)
    assert "new" not in config


def test_settings_are_restored_after_an_error() -> None:
    with pytest.raises(KeyError), set_temporary_config({"flows.checkpointing": True}):
        raise KeyError
    assert config.flows.checkpointing is False


def test_a_missing_setting_names_those_there_are() -> None:
    with pytest.raises(AttributeError, match=r"no setting 'nonsense' here; .*checkpointing"):
        _ = config.flows.nonsense
