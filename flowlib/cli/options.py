"""The options that every command with an API server has; as kubectl's."""

from collections.abc import Callable
from typing import Any

import click

namespace = click.option(
    "-n", "--namespace", metavar="NAMESPACE", help="Default: the context's namespace."
)
context = click.option("--context", metavar="NAME", help="Context of the kubeconfig.")
kubeconfig = click.option(
    "--kubeconfig", metavar="FILE", help="Default: KUBECONFIG, else ~/.kube/config, else the pod's."
)
parameter = click.option(
    "-p",
    "--parameter",
    "pairs",
    metavar="NAME=VALUE",
    multiple=True,
    help="A parameter of the flow; JSON where it is JSON, else text. May be given again.",
)


def cluster(command: Callable[..., Any]) -> Callable[..., Any]:
    """--namespace, --context, --kubeconfig."""
    return namespace(context(kubeconfig(command)))
