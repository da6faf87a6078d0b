"""How far a flow is, while it runs: a live bar on a terminal, a line now and then on a pipe."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from flowlib.cli import output, screens
from flowlib.cli.seen import Tasks
from flowlib.engine.progress import Observer, Snapshot

LINE_SECONDS = 5.0


def line(snapshot: Snapshot, seconds: float) -> str:
    """``12s  180 of 301 succeeded, 2 running, 119 pending``."""
    return f"{screens.age(seconds)}  {screens.counted(Tasks(**snapshot.counts.to_dict()))}"


def bar(snapshot: Snapshot, seconds: float) -> Table:
    """The same line below a bar of what has ended."""
    counts = snapshot.counts
    style = "red" if counts.failed else "green"
    rows = Table.grid(expand=True)
    rows.add_row(
        ProgressBar(
            total=max(counts.total, 1),
            completed=counts.ended,
            complete_style=style,
            finished_style=style,
        )
    )
    rows.add_row(Text(line(snapshot, seconds)))
    return rows


@contextmanager
def shown(observer: Observer) -> Iterator[None]:
    """Shows the observer's snapshots while the block runs."""
    start = time.monotonic()

    def elapsed() -> float:
        return time.monotonic() - start

    if sys.stdout.isatty():
        with Live(
            get_renderable=lambda: bar(observer.snapshot, elapsed()),
            console=output.console(),
            transient=True,
        ):
            yield
    else:
        with _lines(lambda: line(observer.snapshot, elapsed())):
            yield


@contextmanager
def _lines(current: Callable[[], str]) -> Iterator[None]:
    """On stderr, so that stdout holds the flow's own words and the result."""
    over = threading.Event()

    def tell() -> None:
        while not over.wait(LINE_SECONDS):
            click.echo(current(), err=True)

    teller = threading.Thread(target=tell, name="progress", daemon=True)
    teller.start()
    try:
        yield
    finally:
        over.set()
        teller.join()
