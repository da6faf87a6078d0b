"""What ``flowlib.context`` holds while a task runs."""

import datetime
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from flowlib.configuration import config
from flowlib.utilities.context import Deferred, context
from flowlib.utilities.logging import child_logger, get_logger

if TYPE_CHECKING:
    from flowlib.engine.work import TaskSpec


def of_flow(
    flow_name: str,
    parameters: Mapping[str, Any],
    flow_run_id: str | None = None,
    flow_run_name: str | None = None,
    more: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The part that all tasks of one flow run share; it travels to the workers."""
    now = datetime.datetime.now(datetime.UTC)
    return {
        **_around(),
        "flow_name": flow_name,
        "flow_id": flow_name,
        "flow_run_id": flow_run_id or str(uuid.uuid4()),
        "flow_run_name": flow_run_name or f"{flow_name}-{now:%Y%m%d-%H%M%S}",
        "scheduled_start_time": now,
        "checkpointing": config.flows.checkpointing,
        "caches": {},
        **(more or {}),
        "parameters": dict(parameters),
    }


#: What belongs to the declaration of a flow, or to the task that runs it, and not to its tasks.
_NOT_PASSED_ON = frozenset(
    ["flow", "unused_tasks", "tags", "case", "resource", "parameters", "config", "logger"]
    + ["task_loop_count", "task_loop_result", "task_run_name", "kept_constants", "cached_before"]
)


def _around() -> dict[str, Any]:
    """What the context holds where the flow is run, as ``with context(...)`` put it there."""
    return {
        name: value
        for name, value in context.raw().items()
        if name not in _NOT_PASSED_ON and not isinstance(value, Deferred)
    }


def of_task(spec: "TaskSpec") -> dict[str, Any]:
    """The part that all children of one task share, made where they run."""
    task = spec.task
    here = config.context.to_dict()
    return {
        **here,
        "config": config,
        **_dates(spec.context),
        **spec.context,
        # A worker may know secrets that nobody sent.
        "secrets": {**(here.get("secrets") or {}), **(spec.context.get("secrets") or {})},
        "date": Deferred(lambda: _date(spec.context)),
        "scheduled_start_time": Deferred(lambda: _instance(spec.context["scheduled_start_time"])),
        "task_name": task.name,
        "task_full_name": task.name,
        "task_slug": spec.slug,
        "task_id": spec.slug,
        "task_tags": set(task.tags),
        "task_run_count": 1,
        "task_run_id": Deferred(lambda: str(uuid.uuid4())),
        "map_index": None,
        "logger": Deferred(lambda: get_logger(task.name)),
    }


def of_child(spec: "TaskSpec", base: Mapping[str, Any], row: int, run_count: int) -> dict[str, Any]:
    """The context of one child, on the base of its task."""
    if not spec.mapped:
        return {**base, "task_run_count": run_count}
    full_name = f"{spec.task.name}[{row}]"
    return {
        **base,
        "task_run_count": run_count,
        "map_index": row,
        "task_full_name": full_name,
        "logger": Deferred(lambda: child_logger(full_name)),
    }


@contextmanager
def of_parent(spec: "TaskSpec") -> Iterator[None]:
    """The context of a mapped task itself, which is no child."""
    with context(of_task(spec)):
        yield


def _dates(shared: Mapping[str, Any]) -> dict[str, Any]:
    """today, yesterday, tomorrow; made when asked for, since pendulum is slow to import."""

    def day(shift: int, form: str) -> Deferred:
        return Deferred(lambda: _date(shared).add(days=shift).strftime(form))

    days = {"yesterday": -1, "today": 0, "tomorrow": 1}
    return {
        **{name: day(shift, "%Y-%m-%d") for name, shift in days.items()},
        **{f"{name}_nodash": day(shift, "%Y%m%d") for name, shift in days.items()},
    }


def _date(shared: Mapping[str, Any]) -> Any:
    return _instance(shared.get("date") or shared["scheduled_start_time"])


def _instance(time: datetime.datetime) -> Any:
    import pendulum

    return pendulum.instance(time)
