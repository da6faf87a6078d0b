import io
from unittest.mock import patch

from rich.console import Console

from flowlib.cli import progress
from flowlib.engine.progress import Counts, Observer, Snapshot

HALF = Snapshot(Counts(total=4, pending=1, running=1, succeeded=1, failed=1))


def test_the_line_says_the_time_and_what_has_ended():
    assert progress.line(HALF, 12.7) == "12s  1 of 4 succeeded, 1 failed, 1 running, 1 pending"


def test_the_bar_is_as_far_as_what_has_ended():
    out = io.StringIO()
    Console(file=out, width=80, force_terminal=False).print(progress.bar(HALF, 1))
    bar, line = out.getvalue().splitlines()
    assert bar.count("━") == 40
    assert line.startswith("1s  1 of 4 succeeded")


def test_before_the_first_count_there_is_a_bar_of_nothing():
    out = io.StringIO()
    Console(file=out, width=40, force_terminal=False).print(progress.bar(Snapshot(), 0))
    assert [row.strip() for row in out.getvalue().splitlines()] == ["", "0s  0 of 0 succeeded"]


def test_on_a_pipe_a_line_comes_now_and_then_on_stderr(capsys):
    observer = Observer()
    observer.publish(HALF.counts)
    told = []
    with patch.object(progress, "LINE_SECONDS", 0.001), progress.shown(observer):
        while not told:
            told = capsys.readouterr().err.splitlines()
    assert told[0] == "0s  1 of 4 succeeded, 1 failed, 1 running, 1 pending"
