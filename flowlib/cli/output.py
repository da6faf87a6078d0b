"""Where the commands print: colours on a terminal, plain lines into a pipe."""

import sys

from rich.console import Console
from rich.text import Text


def console() -> Console:
    """For this moment's stdout; rich itself leaves colours out where it is no terminal."""
    return Console(file=sys.stdout, highlight=False, markup=False, emoji=False)


def show(text: Text | str) -> None:
    """Prints with no line folded: a line is a line for grep, whatever the terminal's width."""
    console().print(text, soft_wrap=True)
    sys.stdout.flush()
