"""Following one FlowRun to its end, over watches that break and API servers that restart."""

import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from flowlib.cli.exits import CliError, Exit, NotFound, Refused, Unreachable
from flowlib.cli.seen import SeenRun

POLL_SECONDS = 5.0
SHORTEST_PAUSE = 1.0
LONGEST_PAUSE = 15.0


class Watched(Protocol):
    """What following takes of flowlib.cli.kube.FlowRuns."""

    def get(self, name: str) -> dict[str, Any]: ...
    def watch(self, name: str, resource_version: str) -> Iterator[tuple[str, dict[str, Any]]]: ...


class RunIsGone(CliError):
    """Deleted before it finished; for whoever waits, that is a cancellation."""

    exit_code = int(Exit.CANCELLED)


def follow(
    runs: Watched,
    name: str,
    note: Callable[[str], None],
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[SeenRun]:
    """What can be seen of the run, ending with its finished state. Raises RunIsGone.

    The first look must succeed; after it, an API server that is away is waited for, since the
    run goes on without it. Where watching is refused (no such right, or a version too old to
    watch from) the run is looked at every few seconds.
    """
    last: SeenRun | None = None
    pause = SHORTEST_PAUSE
    while last is None or not last.finished:
        try:
            for run in _looks(runs, name, last, sleep):
                last = run
                pause = SHORTEST_PAUSE
                yield run
                if run.finished:
                    return
            sleep(SHORTEST_PAUSE)  # a server that ends each watch at once is not asked at once
        except NotFound as exc:
            if last is None:
                raise
            raise _gone(last) from exc
        except Unreachable as exc:
            if last is None:
                raise
            note(f"{exc.message}; asking again in {pause:.0f}s")
            sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)


def _looks(
    runs: Watched, name: str, last: SeenRun | None, sleep: Callable[[float], None]
) -> Iterator[SeenRun]:
    """One fresh look, then what one watch shows; only what is new."""
    found = SeenRun(runs.get(name))
    if last is not None and found.uid != last.uid:
        raise _gone(last)
    if last is None or found.resource_version != last.resource_version:
        yield found
    try:
        for kind, body in runs.watch(name, found.resource_version):
            yield _next(found, kind, body)
    except Refused:
        sleep(POLL_SECONDS)


def _next(last: SeenRun, kind: str, body: dict[str, Any]) -> SeenRun:
    """The run an event shows; a deletion carries the last state, which may be a finished one."""
    run = SeenRun(body)
    if run.uid != last.uid or (kind == "DELETED" and not run.finished):
        raise _gone(last)
    return run


def _gone(last: SeenRun) -> RunIsGone:
    return RunIsGone(
        f"FlowRun {last.namespace}/{last.name} was deleted before it finished (it was {last.phase})"
    )
