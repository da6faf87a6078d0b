import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from flowlib.cli import COMMANDS, flowrun


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_line_in_the_list_is_the_first_line_of_the_commands_own_help(name):
    command = flowrun.get_command(click.Context(flowrun), name)
    assert command.name == name
    assert command.help.splitlines()[0] == COMMANDS[name]


def test_help_needs_neither_a_kubernetes_client_nor_dask():
    code = (
        "import sys; from flowlib.cli import flowrun\n"
        "flowrun(['--help'], standalone_mode=False)\n"
        "print(sorted({'kubernetes', 'distributed', 'rich', 'yaml'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"
    assert "submit" in ran.stdout


def test_an_unknown_command_is_wrong_usage():
    result = CliRunner().invoke(flowrun, ["sumbit"])
    assert (result.exit_code, "No such command 'sumbit'" in result.output) == (2, True)
