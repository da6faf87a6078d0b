"""Signals: what a task raises to end in a state of its own choice."""

from typing import Any, ClassVar

from flowlib.engine import state
from flowlib.exceptions import PrefectSignal
from flowlib.utilities.context import context


class PrefectStateSignal(PrefectSignal):
    """Carries a state. Without ``result=`` the state's result is the signal itself."""

    _state_class: ClassVar[type[state.State]] = state.State

    def __init__(self, message: str | None = None, **state_arguments: Any) -> None:
        super().__init__(message)
        state_arguments.setdefault("result", self._default_result())
        self.state = self._state_class(message=message, **state_arguments)

    def _default_result(self) -> Any:
        return self


class FAIL(PrefectStateSignal):
    """Ends the task Failed."""

    _state_class = state.Failed


class TRIGGERFAIL(FAIL):
    """Ends the task TriggerFailed."""

    _state_class = state.TriggerFailed


class VALIDATIONFAIL(FAIL):
    """Ends the task ValidationFailed."""

    _state_class = state.ValidationFailed


class SUCCESS(PrefectStateSignal):
    """Ends the task Success at once."""

    _state_class = state.Success


class SKIP(PrefectStateSignal):
    """Ends the task Skipped, and by default all that follows from it."""

    _state_class = state.Skipped


class RETRY(PrefectStateSignal):
    """Has the task run again at ``start_time`` (now), whatever its max_retries."""

    _state_class = state.Retrying


class PAUSE(PrefectStateSignal):
    """Leaves the task Paused until somebody resumes it."""

    _state_class = state.Paused


class LOOP(PrefectStateSignal):
    """Runs the body again at once, with ``task_loop_result`` and ``task_loop_count`` in context."""

    _state_class = state.Looped

    def __init__(self, message: str | None = None, **state_arguments: Any) -> None:
        state_arguments.setdefault("loop_count", context.get("task_loop_count", 1))
        super().__init__(message, **state_arguments)

    def _default_result(self) -> Any:
        return repr(self)
