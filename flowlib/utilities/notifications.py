"""State handlers made of callbacks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowlib.engine.state import State


@dataclass(frozen=True, slots=True)
class Callback:
    """A state handler that calls a function when the new state fits."""

    fn: "Callable[[Any, State], Any]"
    check: "Callable[[State], bool]"

    def __call__(self, tracked: Any, old_state: "State", new_state: "State") -> "State":
        if self.check(new_state):
            self.fn(tracked, new_state)
        return new_state


def callback_factory(
    fn: "Callable[[Any, State], Any]", check: "Callable[[State], bool]"
) -> Callback:
    """A state handler that calls ``fn(task or flow, state)`` when ``check(state)`` holds."""
    return Callback(fn, check)


def is_failed(state: "State") -> bool:
    return state.is_failed()
