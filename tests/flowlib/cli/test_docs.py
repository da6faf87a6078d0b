"""docs/cli.md against the command: examples parse, every option and exit code stands there."""

import re
import shlex
from pathlib import Path

import click
import pytest

from flowlib.cli import COMMANDS, flowrun
from flowlib.cli.exits import Exit
from tests.flowlib.cli.goldens import ENDING, RUNNING_SCREEN, WHY

PAGE = (Path(__file__).parents[3] / "docs" / "cli.md").read_text()
EXAMPLES = [
    line.removeprefix("$ flowrun ")
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
    for line in block.splitlines()
]


def section(title: str) -> str:
    """From the heading to the next of its rank."""
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def a_command(name: str) -> click.Command:
    command = flowrun.get_command(click.Context(flowrun), name)
    assert command is not None
    return command


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_example_is_a_command_line_that_parses(example: str) -> None:
    name, *arguments = shlex.split(example)
    with a_command(name).make_context(name, arguments) as context:
        assert context.args == []


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_option_stands_in_its_commands_table(name: str) -> None:
    options = {
        option
        for parameter in a_command(name).params
        if isinstance(parameter, click.Option)
        for option in (*parameter.opts, *parameter.secondary_opts)
    }
    first_cells = re.findall(r"^\| (`-.*?) \|", section(f"flowrun {name}"), re.MULTILINE)
    assert set(re.findall(r"`(.+?)`", " ".join(first_cells))) == options


def test_the_exit_codes_are_those_of_the_command() -> None:
    codes = re.findall(r"^\| (\d+) \|", section("Exit codes"), re.MULTILINE)
    assert [int(code) for code in codes] == sorted(Exit)


@pytest.mark.parametrize(
    ("title", "text"),
    [("flowrun run", ENDING), ("flowrun status", RUNNING_SCREEN), ("flowrun why", WHY)],
)
def test_the_screens_are_the_golden_ones(title: str, text: str) -> None:
    assert f"```text\n{text}\n```" in section(title)
