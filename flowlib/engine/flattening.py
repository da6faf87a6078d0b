"""One level of nesting taken away: of one value, or of what the children of a map hold."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from flowlib.engine.state import State


def flattened(value: Any) -> Any:
    """The items of the value's items; the value itself where they have none."""
    try:
        return [item for inner in value for item in inner]
    except TypeError:
        return value


def count(value: Any) -> int:
    """How many rows a child's value makes: one for each item, or one if it has none."""
    return len(value) if _has_items(value) else 1


def spread(
    values: Sequence[Any], states: Mapping[int, State]
) -> tuple[list[Any], dict[int, State]]:
    """The items of these children, one after the other, with the states of their children.

    A child that failed or was skipped stands for itself, and so does one without items.
    """
    items: list[Any] = []
    told: dict[int, State] = {}
    for place, value in enumerate(values):
        state = states.get(place)
        whole = state is not None and (state.is_skipped() or not state.is_successful())
        for number in range(count(value)):
            item = value if whole or not _has_items(value) else value[number]
            if state is not None:
                told[len(items)] = state if whole else with_result(state, item)
            items.append(item)
    return items, told


def _has_items(value: Any) -> bool:
    return hasattr(value, "__len__") and hasattr(value, "__getitem__")


def with_result(state: State, result: Any) -> State:
    """The same state with another result."""
    new = copy.copy(state)
    new.result = result
    return new
