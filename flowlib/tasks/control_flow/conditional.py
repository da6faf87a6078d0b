"""switch, ifelse, merge: branches by value, and what comes of them."""

from collections.abc import Mapping
from typing import Any

from flowlib import triggers
from flowlib.core.task import Task
from flowlib.engine import signals
from flowlib.utilities.tasks import as_task, tags, task


class CompareValue(Task):
    """Succeeds if it is given the value it was made with; else it is skipped."""

    def __init__(self, value: Any, **task_args: Any) -> None:
        self.value = value
        task_args.setdefault("name", f'CompareValue: "{value}"')
        super().__init__(**task_args)

    def run(self, value: Any) -> None:
        if value != self.value:
            raise signals.SKIP(f'Provided value "{value}" did not match "{self.value}"')


class Merge(Task):
    """The first of its arguments, in order, that is not None."""

    def __init__(self, **task_args: Any) -> None:
        if task_args.setdefault("skip_on_upstream_skip", False):
            raise ValueError("Merge tasks must have `skip_on_upstream_skip=False`.")
        task_args.setdefault("trigger", triggers.not_all_skipped)
        super().__init__(**task_args)

    def run(self, **task_results: Any) -> Any:
        ordered = sorted(task_results, key=lambda name: int(name.removeprefix("task_")))
        results = (task_results[name] for name in ordered)
        return next((result for result in results if result is not None), None)


@task
def as_bool(value: Any) -> bool:
    return bool(value)


def switch(condition: Any, cases: Mapping[Any, Any], mapped: bool = False) -> None:
    """Of these tasks, those run whose value equals the condition's result; others are skipped.

    What comes before a task in ``cases`` runs in any case. mapped: condition and cases are mapped.
    """
    with tags("switch"):
        for value, branch in cases.items():
            matches = CompareValue(value).bind(value=condition, mapped=mapped)
            as_task(branch).set_dependencies(upstream_tasks=[matches], mapped=mapped)


def ifelse(condition: Any, true_task: Any, false_task: Any, mapped: bool = False) -> None:
    """Runs true_task if the condition's result is true, else false_task; either may be None."""
    branches = {True: true_task, False: false_task}
    cases = {value: branch for value, branch in branches.items() if branch is not None}
    if cases:
        switch(as_bool(condition, mapped=mapped), cases, mapped=mapped)


def merge(*tasks: Any, flow: Any = None, mapped: bool = False, **task_args: Any) -> Task:
    """The result of the branch that ran: the first, in this order, that is not None.

    Skipped if all branches were skipped, TriggerFailed if one failed. task_args are passed to the
    task's constructor.
    """
    branches = {f"task_{number}": branch for number, branch in enumerate(tasks, 1)}
    return Merge(**task_args).bind(flow=flow, mapped=mapped, **branches)
