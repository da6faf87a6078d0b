"""The `flowrun` command, also `kubectl flowrun`.

A command's module is imported when that command is used: a Kubernetes client takes most of a
second to import, Dask about as much, and `flowrun --help` needs neither.
"""

import importlib
import sys

import click

#: Command to its line in `flowrun --help`; the module of the same name holds ``command``.
COMMANDS = {
    "cancel": "End a run for good.",
    "dashboard": "Open the Dask dashboard of a run through a port-forward.",
    "logs": "Show the log of a run's runner, also when its pod is gone.",
    "resume": "Let a suspended run go on, in another attempt.",
    "run": "Run a flow here, on a Dask cluster of this machine's processes.",
    "status": "Show one run, or all runs of a namespace.",
    "submit": "Create a FlowRun from a manifest.",
    "suspend": "Stop a run and give up its cluster, until it is resumed.",
    "why": "Say on one screen what happened to a run, and what to do.",
}


class LazyGroup(click.Group):
    """A group that imports a command only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"flowlib.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="flowrun", message="%(prog)s %(version)s")
def flowrun() -> None:
    """Run Python flows on Dask: here, or as a FlowRun on Kubernetes.

    Exit codes: 0 Succeeded, 1 no connection or a fault of flowlib, 2 wrong usage or refused,
    3 Failed, 4 Cancelled, 130 Ctrl-C, 143 SIGTERM.
    """


def main() -> None:
    """The entry point of `flowrun` and `kubectl-flowrun`."""
    sys.exit(flowrun(standalone_mode=True))
