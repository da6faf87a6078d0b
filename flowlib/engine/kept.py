"""Results that are kept: found before a task runs, and written after it has run."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flowlib.core.task import Task
from flowlib.engine import cache_validators, caches
from flowlib.engine.result import Result, ResultNotImplementedError
from flowlib.engine.state import Cached, State
from flowlib.utilities.context import context
from flowlib.utilities.logging import get_logger

logger = get_logger("TaskRunner")


def names(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What templates know: parameters, over them the context, over that the task's inputs."""
    return {**context.get("parameters", {}), **context.to_dict(), **arguments}


@dataclass(frozen=True, slots=True)
class Kept:
    """How the results of one task are kept, the same for all its children."""

    task: Task
    #: None: there is no place to keep them.
    result: Result | None
    #: Values are written when the task has run.
    writes: bool

    def found(self, arguments: Mapping[str, Any]) -> Cached | None:
        """The state of a child that need not run. Raises what the place, or a validator, raises."""
        if self.task.target:
            return self._at_target(arguments)
        if self.task.cache_for is not None:
            return self._cached(arguments)
        return None

    def _at_target(self, arguments: Mapping[str, Any]) -> Cached | None:
        task = self.task
        if self.result is None:
            raise ResultNotImplementedError(
                f"Task {task.name!r} has a target, but neither it nor its flow has a Result that "
                "could be there: give it, for example, result=LocalResult()."
            )
        known = names(arguments)
        target = task.target(**known) if callable(task.target) else str(task.target).format(**known)
        if not self.result.exists(target, **known):
            return None
        return Cached(
            f"Result found at task target {target}",
            result=self.result.read(target),
            hashed_inputs=cache_validators.hashed(arguments),
            cached_parameters=context.get("parameters"),
        )

    def _cached(self, arguments: Mapping[str, Any]) -> Cached | None:
        task = self.task
        known = context.get("caches", {}).get(task.cache_key or task.name, ())
        before = context.get(caches.CANDIDATE)
        candidates = known if before is None else (before, *known)
        parameters = context.get("parameters", {})
        for candidate in candidates:
            if task.cache_validator(candidate, arguments, parameters):
                hit: Cached = candidate
                return hit
        if candidates:
            logger.warning(
                "Task '%s': can't use cache because no candidate Cached states were valid",
                context["task_full_name"],
            )
        return None

    def keep(self, ended: State, arguments: Mapping[str, Any]) -> State:
        """The state after a success, with what was written. Raises what the place raises."""
        value: Any = ended.result
        if self.writes and self.result is not None and value is not None:
            value = self.result.write(value, **names(arguments))
            ended.stored = value.from_value(None)
            ended.stored.location = value.location
        if self.task.cache_for is None:
            return ended
        return Cached(
            ended.message,
            result=value,
            hashed_inputs=cache_validators.hashed(arguments),
            cached_parameters=context.get("parameters"),
            cached_result_expiration=_now() + self.task.cache_for,
        )


def _now() -> datetime.datetime:
    import pendulum  # slow to import, for tasks that are cached

    return pendulum.now("utc")


def of(task: Task, result: Result | None, *, checkpointing: bool) -> Kept | None:
    """How a task's results are kept; None where nothing is to be done about them."""
    if result is not None and task.target and result.location != task.target:
        result = result.copy()  # the flow's, which knows nothing of the task's target
        result.location = task.target
    writes = checkpointing and task.checkpoint is not False and result is not None and result.writes
    if writes or task.target or task.cache_for is not None:
        return Kept(task, result, writes)
    return None
