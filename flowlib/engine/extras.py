"""What some tasks ask for besides being run: a time-out, a name, their results kept."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from flowlib.core.task import Task
from flowlib.engine import kept, stdout, timeout
from flowlib.engine.guard import Outcome
from flowlib.engine.result import Result
from flowlib.engine.state import Failed, State
from flowlib.utilities.context import context

Call = Callable[..., Outcome]


@dataclass(frozen=True, slots=True)
class Extras:
    """Decided once for a task; tasks that ask for nothing have none."""

    task: Task
    kept: kept.Kept | None

    def before(self, arguments: Mapping[str, Any], call: Call) -> State | None:
        """Names the run; a state where the task need not run, or cannot."""
        template = self.task.task_run_name
        if template is not None:
            name, raised = call(_named, template, arguments)
            if raised is not None:
                return _unexpected("naming the task run", raised)
            context["task_run_name"] = name
        if self.kept is None:
            return None
        found, raised = call(self.kept.found, arguments)
        if raised is not None:
            return _unexpected("looking for an earlier result", raised)
        return found  # type: ignore[no-any-return]  # what found answers

    def body(self, arguments: Mapping[str, Any], call: Call) -> Outcome:
        """Runs the body."""

        def run() -> Outcome:
            with ExitStack() as stack:
                if self.task.log_stdout:
                    stack.enter_context(stdout.to(context["logger"]))
                return call(self.task.run, **arguments)

        seconds = self.task.timeout
        return timeout.within(seconds, run) if seconds else run()

    def after(self, ended: State, arguments: Mapping[str, Any], call: Call) -> State:
        """The state after a success."""
        if self.kept is None:
            return ended
        state, raised = call(self.kept.keep, ended, arguments)
        return state if raised is None else _unexpected("keeping the result", raised)


def of(task: Task, result: Result | None, *, checkpointing: bool) -> Extras | None:
    """What the task asks for, or None."""
    its = kept.of(task, result, checkpointing=checkpointing)
    if its is None and not (task.timeout or task.log_stdout or task.task_run_name):
        return None
    return Extras(task, its)


def _named(template: Any, arguments: Mapping[str, Any]) -> str:
    known = kept.names(arguments)
    return str(template(**known) if callable(template) else template.format(**known))


def _unexpected(doing: str, raised: BaseException) -> Failed:
    return Failed(f"Unexpected error while {doing}: {raised!r}", result=raised)
