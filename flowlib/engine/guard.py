"""The border to other people's code: whatever it raises comes back as a value."""

from collections.abc import Callable
from typing import Any, NamedTuple

from flowlib.engine import signals
from flowlib.exceptions import PrefectSignal
from flowlib.utilities.context import context


class Outcome(NamedTuple):
    """What a call returned, or what it raised."""

    value: Any
    raised: BaseException | None


def call(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Outcome:
    """Calls it. Only KeyboardInterrupt, SystemExit and their like pass through."""
    try:
        return Outcome(function(*args, **kwargs), None)
    # The one broad except around a user's code. Signals are no Exceptions, so that user code
    # with an `except Exception` of its own does not swallow them.
    except (Exception, PrefectSignal) as exc:
        # A LOOP is no end: the body is called again.
        if context.get("raise_on_exception") and not isinstance(exc, signals.LOOP):
            raise
        return Outcome(None, exc)


def call_contained(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Outcome:
    """The same on a worker, which a task's ``sys.exit`` must not end."""
    try:
        return call(function, *args, **kwargs)
    except (SystemExit, KeyboardInterrupt) as exc:
        return Outcome(None, exc)
