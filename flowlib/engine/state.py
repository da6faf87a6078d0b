"""States: what became of a task run or a flow run.

* State
  - Pending > Scheduled > Paused, Resume, Retrying
  - Running > Cancelling
  - Finished
    . Success > Cached, Mapped, Skipped
    . Failed > TimedOut, TriggerFailed, ValidationFailed
    . Looped, Cancelled
  - meta states, which wrap another: Submitted, Queued, ClientFailed
"""

import datetime
from collections.abc import Sequence
from typing import Any, Protocol

from flowlib.engine.result import NoResult, Result


def _now() -> datetime.datetime:
    # pendulum takes 0.1 s to import: only a scheduled state needs it.
    import pendulum

    return pendulum.now("utc")


class State:
    """What became of a run: a type that answers ``is_successful()``, a message, a result."""

    color = "#696969"

    #: How the result is kept, and where; the value itself is not in it. None: it is kept nowhere.
    stored: Result | None = None

    #: How many times the body was run for it; 0 where that was never begun. After a loop: of its
    #: last round.
    attempts = 0

    def __init__(
        self,
        message: str | None = None,
        result: Any = None,
        context: dict[str, Any] | None = None,
        cached_inputs: dict[str, Any] | None = None,
    ) -> None:
        self.message = message
        if isinstance(result, Result):
            if result is not NoResult:
                self.stored = result.from_value(None)
                self.stored.location = result.location
            result = result.value
        self.result = result
        self.context = context or {}
        self.cached_inputs = cached_inputs or {}

    def __repr__(self) -> str:
        said = f': "{self.message}"' if self.message else ""
        return f"<{type(self).__name__}{said}>"

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return False
        mine, theirs = self._data(), other._data()
        for told in ("message", "context", "cached_inputs", "attempts"):
            mine.pop(told, None)
            theirs.pop(told, None)
        return bool(mine == theirs)

    def _data(self) -> dict[str, Any]:
        return dict(vars(self))

    def elsewhere(self, why: Exception) -> None:
        """The result is not here: asking for it raises this."""
        vars(self).pop("result", None)
        self._why_elsewhere = why

    def __getattr__(self, name: str) -> Any:
        # Called for what is not there.
        why = vars(self).get("_why_elsewhere")
        if name == "result" and why is not None:
            raise why
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    # Prefect's contract: equal states are still different members of a set of states.
    __hash__ = object.__hash__

    @property
    def _result(self) -> Result:
        """The result with the location it is kept at, or NoResult."""
        if self.stored is None:
            return NoResult if self.result is None else Result(self.result)
        kept = self.stored.copy()
        kept.value = self.result
        return kept

    def is_pending(self) -> bool:
        return isinstance(self, Pending)

    def is_running(self) -> bool:
        return isinstance(self, Running)

    def is_finished(self) -> bool:
        return isinstance(self, Finished)

    def is_successful(self) -> bool:
        return isinstance(self, Success)

    def is_failed(self) -> bool:
        return isinstance(self, Failed)

    def is_skipped(self) -> bool:
        return isinstance(self, Skipped)

    def is_mapped(self) -> bool:
        return isinstance(self, Mapped)

    def is_retrying(self) -> bool:
        return isinstance(self, Retrying)

    def is_scheduled(self) -> bool:
        return isinstance(self, (Scheduled, Queued))

    def is_looped(self) -> bool:
        return isinstance(self, Looped)

    def is_cached(self) -> bool:
        return isinstance(self, Cached)

    def is_submitted(self) -> bool:
        return isinstance(self, Submitted)

    def is_queued(self) -> bool:
        return isinstance(self, Queued)

    def is_meta_state(self) -> bool:
        return isinstance(self, MetaState)

    @classmethod
    def children(cls, include_self: bool = False, names_only: bool = False) -> list[Any]:
        """All kinds of this kind of state, and with include_self it; as classes, or by name."""
        kinds = [cls] if include_self else []
        for kind in cls.__subclasses__():
            kinds += kind.children(include_self=True)
        return [kind.__name__ for kind in kinds] if names_only else kinds

    @classmethod
    def parents(cls, include_self: bool = False, names_only: bool = False) -> list[Any]:
        """All that this kind of state is a kind of, and with include_self it; likewise."""
        kinds = [kind for kind in cls.__mro__ if issubclass(kind, State)][not include_self :]
        return [kind.__name__ for kind in kinds] if names_only else kinds


class Pending(State):
    """Not begun."""

    color = "#7ebdff"


class Scheduled(Pending):
    """Not begun, and not before start_time."""

    color = "#ffab00"

    def __init__(
        self,
        message: str | None = None,
        result: Any = None,
        start_time: datetime.datetime | None = None,
        context: dict[str, Any] | None = None,
        cached_inputs: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message, result, context, cached_inputs)
        self.start_time: datetime.datetime | None = start_time or _now()


class Paused(Scheduled):
    """Waits for somebody to resume it."""

    color = "#99a8e8"

    def __init__(
        self,
        message: str | None = None,
        result: Any = None,
        start_time: datetime.datetime | None = None,
        context: dict[str, Any] | None = None,
        cached_inputs: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message, result, start_time, context, cached_inputs)
        self.start_time = start_time


class Resume(Scheduled):
    """Was paused and may run."""

    color = "#f58c0c"


class Retrying(Scheduled):
    """Failed, and will be tried again at start_time; run_count is the attempt that failed."""

    color = "#f66a0a"

    def __init__(
        self,
        message: str | None = None,
        result: Any = None,
        start_time: datetime.datetime | None = None,
        context: dict[str, Any] | None = None,
        cached_inputs: dict[str, Any] | None = None,
        run_count: int | None = None,
    ) -> None:
        super().__init__(message, result, start_time, context, cached_inputs)
        self.run_count = run_count or 1


class Running(State):
    """Begun, not ended."""

    color = "#3d67ff"


class Cancelling(Running):
    """Being stopped."""

    color = "#e8e8e8"


class Finished(State):
    """Ended, one way or another."""

    color = "#003ccb"


class Success(Finished):
    """Ended well."""

    color = "#28a745"


class Cached(Success):
    """Ended well without running: an earlier result holds."""

    color = "#34d058"

    def __init__(
        self,
        message: str | None = None,
        result: Any = None,
        hashed_inputs: dict[str, str] | None = None,
        cached_parameters: dict[str, Any] | None = None,
        cached_result_expiration: datetime.datetime | None = None,
        context: dict[str, Any] | None = None,
        cached_inputs: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message, result, context, cached_inputs)
        self.hashed_inputs = hashed_inputs
        self.cached_parameters = cached_parameters
        self.cached_result_expiration = cached_result_expiration


class Children(Protocol):
    """What makes the results and states of a mapped task's children when asked for them."""

    def results(self) -> list[Any]: ...

    def states(self) -> list[State]: ...


class Mapped(Success):
    """A mapped task whose children tell the story: ``map_states``, in order."""

    color = "#003ccb"

    _children: Children | None = None

    def __init__(
        self,
        message: str | None = None,
        result: Any = None,
        map_states: Sequence[State] | None = None,
        n_map_states: int | None = None,
        context: dict[str, Any] | None = None,
        cached_inputs: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message, result, context, cached_inputs)
        self.map_states = list(map_states or [])
        self.n_map_states = len(self.map_states) if n_map_states is None else n_map_states

    @classmethod
    def later(cls, message: str, children: Children, number: int) -> "Mapped":
        """Makes results and states of the children when somebody asks for them."""
        its = cls(message, n_map_states=number)
        its._children = children
        del its.result, its.map_states
        return its

    def __getattr__(self, name: str) -> Any:
        # Called for what is not there yet.
        children = vars(self).get("_children")
        if children is None or name not in ("result", "map_states"):
            return super().__getattr__(name)
        if name == "result" and "_why_elsewhere" in vars(self):
            return super().__getattr__(name)
        made = children.results() if name == "result" else children.states()
        vars(self)[name] = made
        return made

    def _data(self) -> dict[str, Any]:
        its = {name: value for name, value in vars(self).items() if name != "_children"}
        if "_why_elsewhere" not in its:
            its["result"] = self.result
        return {**its, "map_states": self.map_states}

    __getstate__ = _data


class Skipped(Success):
    """Not run, as the flow said; counts as success."""

    color = "#62757f"


class Failed(Finished):
    """Ended badly; the result is the exception."""

    color = "#eb0000"


class TimedOut(Failed):
    """Ran too long."""

    color = "#ff4e33"


class Killed(Failed):
    """The workers that ran it died of it, one after the other."""


class TriggerFailed(Failed):
    """Never ran: what came before did not satisfy its trigger."""

    color = "#ff5131"


class ValidationFailed(Failed):
    """Ran, and its result was found invalid."""

    color = "#ff5131"


class Looped(Finished):
    """Ended one round of a loop."""

    color = "#003ccb"

    def __init__(
        self,
        message: str | None = None,
        result: Any = None,
        loop_count: int | None = None,
        context: dict[str, Any] | None = None,
        cached_inputs: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message, result, context, cached_inputs)
        self.loop_count = loop_count or 1


class Cancelled(Finished):
    """Stopped from outside: neither success nor failure."""

    color = "#bdbdbd"


class MetaState(State):
    """Says something of another state, which it wraps: ``state``."""

    color = "#fca3be"

    def __init__(
        self,
        message: str | None = None,
        result: Any = None,
        state: State | None = None,
        context: dict[str, Any] | None = None,
        cached_inputs: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message, result, context, cached_inputs)
        self.state = state


class ClientFailed(MetaState):
    """The wrapped state could not be told to a server."""

    color = "#eb0000"


class Submitted(MetaState):
    """Given to an executor in the wrapped state."""

    color = "#ffdf5d"


class Queued(MetaState):
    """Waits for a place in the wrapped state."""

    color = "#ffea7f"

    def __init__(
        self,
        message: str | None = None,
        result: Any = None,
        state: State | None = None,
        start_time: datetime.datetime | None = None,
        context: dict[str, Any] | None = None,
        cached_inputs: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message, result, state, context, cached_inputs)
        self.start_time = start_time or _now()
