"""What a task says of its time and of what is kept of its results: checked when it is made."""

import datetime
import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from flowlib.engine import cache_validators

if TYPE_CHECKING:
    from flowlib.engine.result import Result
    from flowlib.engine.state import Cached

Validator = Callable[["Cached", Mapping[str, Any], Mapping[str, Any]], bool]


def seconds(timeout: int | float | datetime.timedelta | None) -> int | None:
    """A time-out in whole seconds; TypeError if it is neither an int nor a timedelta."""
    if timeout is None:
        return None
    if isinstance(timeout, datetime.timedelta):
        whole = int(timeout.total_seconds())
        if whole != timeout.total_seconds():
            warnings.warn(
                f"Time-outs are whole seconds: {timeout} is cut to {whole} s.", stacklevel=3
            )
        return whole
    if isinstance(timeout, int) and not isinstance(timeout, bool):
        return timeout
    raise TypeError(f"timeout is a number of whole seconds or a timedelta, not {timeout!r}.")


def validator(cache_for: datetime.timedelta | None, given: Validator | None) -> Validator:
    """The validator given, else the one that cache_for needs; a warning where it is never asked."""
    if given is None:
        return cache_validators.never_use if cache_for is None else cache_validators.duration_only
    if cache_for is None and given is not cache_validators.never_use:
        warnings.warn(
            "cache_validator without cache_for: nothing is cached, so it is never asked.",
            stacklevel=3,
        )
    return given


def at_target(result: "Result | None", target: Any) -> "Result | None":
    """The result kept at the target, where there are both."""
    if result is None or not target:
        return result
    if result.location and result.location != target:
        warnings.warn(
            "Both result.location and target are given, and differ: the target is used.",
            stacklevel=3,
        )
    result = result.copy()
    result.location = target
    return result
