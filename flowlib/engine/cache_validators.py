"""Whether an earlier result still holds: ``validator(state, inputs, parameters) -> bool``.

state is the Cached state; inputs and parameters are those of the run that asks.
"""

import datetime
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowlib.engine.state import Cached

Values = Mapping[str, Any] | None


def never_use(state: "Cached", inputs: Values, parameters: Values) -> bool:
    """Never."""
    return False


def duration_only(state: "Cached", inputs: Values, parameters: Values) -> bool:
    """Until it expires; for ever where it does not."""
    expiration = state.cached_result_expiration
    return expiration is None or expiration > datetime.datetime.now(datetime.UTC)


def all_inputs(state: "Cached", inputs: Values, parameters: Values) -> bool:
    """Until it expires, for the same inputs."""
    return duration_only(state, inputs, parameters) and _same(state.hashed_inputs, hashed(inputs))


def all_parameters(state: "Cached", inputs: Values, parameters: Values) -> bool:
    """Until it expires, for the same parameters of the flow."""
    return duration_only(state, inputs, parameters) and _same(state.cached_parameters, parameters)


def partial_inputs_only(
    validate_on: Iterable[str] | None = None,
) -> Callable[["Cached", Values, Values], bool]:
    """Until it expires, for the same values of these inputs."""
    names = _names(validate_on)

    def validate(state: "Cached", inputs: Values, parameters: Values) -> bool:
        mine = {name: value for name, value in (inputs or {}).items() if name in names}
        return duration_only(state, inputs, parameters) and _same(
            state.hashed_inputs, hashed(mine), names
        )

    return validate


def partial_parameters_only(
    validate_on: Iterable[str] | None = None,
) -> Callable[["Cached", Values, Values], bool]:
    """Until it expires, for the same values of these parameters."""
    names = _names(validate_on)

    def validate(state: "Cached", inputs: Values, parameters: Values) -> bool:
        return duration_only(state, inputs, parameters) and _same(
            state.cached_parameters, parameters, names
        )

    return validate


def hashed(inputs: Values) -> dict[str, str]:
    """A digest of each input, which can be kept where the input itself is large."""
    from dask.base import tokenize  # slow to import, for tasks that are cached

    return {name: tokenize(value) for name, value in (inputs or {}).items()}


def _names(validate_on: Iterable[str] | None) -> frozenset[str]:
    if isinstance(validate_on, str):
        return frozenset([validate_on])
    return frozenset(validate_on or ())


def _same(before: Values, now: Values, names: frozenset[str] | None = None) -> bool:
    before, now = before or {}, now or {}
    if names is None:
        return dict(before) == dict(now)
    missing = object()
    return all(before.get(name, missing) == now.get(name, missing) for name in names)
