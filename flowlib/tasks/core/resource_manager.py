"""resource_manager: something that is set up for a block of tasks and cleaned up after it."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any, overload

from flowlib.core.block import Members
from flowlib.core.flow import Flow
from flowlib.core.task import Task
from flowlib.engine import signals
from flowlib.engine.state import State
from flowlib.tasks.core.function import FunctionTask
from flowlib.utilities.context import context


class ResourceInitTask(FunctionTask):
    """Makes the manager: an instance of the decorated class."""

    reruns = True


class ResourceSetupTask(Task):
    """Makes the resource, by the manager's ``setup``; None where it has none."""

    reruns = True

    def run(self, mgr: Any) -> Any:
        setup = getattr(mgr, "setup", None)
        return None if setup is None else setup()


class ResourceCleanupTask(Task):
    """Hands the resource to the manager's ``cleanup``."""

    reruns = True
    decides = False

    def run(self, mgr: Any, resource: Any) -> None:
        mgr.cleanup(resource)


def resource_cleanup_trigger(upstream_states: Mapping[Any, State]) -> bool:
    """Runs whatever became of the tasks inside, if there is something to clean up."""
    if not all(state.is_finished() for state in upstream_states.values()):
        raise signals.TRIGGERFAIL(
            'Trigger was "resource_cleanup_trigger" but some of the upstream tasks were not '
            "finished."
        )
    by_key = {edge.key: state for edge, state in upstream_states.items()}
    for what, key in (("init", "mgr"), ("setup", "resource")):
        state = by_key[key]
        if state.is_skipped() or not state.is_successful():
            became = "skipped" if state.is_skipped() else "failed"
            raise signals.SKIP(f"Resource manager {what} {became}")
    return True


class ResourceContext:
    """The ``with`` block of one resource."""

    def __init__(self, init_task: Task, setup_task: Task, cleanup_task: Task, flow: Flow) -> None:
        self.init_task = init_task
        self.setup_task = setup_task
        self.cleanup_task = cleanup_task
        self._flow = flow
        self._members = Members("resource", flow)
        self._stack = ExitStack()

    def add_task(self, task: Task, flow: Flow) -> None:
        """Called by the flow for each task that is added inside."""
        self._members.add(task, flow)

    def __enter__(self) -> Task:
        self._stack.enter_context(context(resource=self))
        return self.setup_task

    def __exit__(self, *raised: Any) -> None:
        self._stack.close()
        flow = self._flow
        for task in self._members.first(flow):
            if self.setup_task not in flow.upstream_tasks(task):
                task.set_upstream(self.setup_task, flow=flow)
        for task in self._members.last(flow):
            if self.cleanup_task not in flow.downstream_tasks(task):
                task.set_downstream(self.cleanup_task, flow=flow)


class ResourceManager:
    """Called with the class's arguments it makes the tasks of one resource."""

    def __init__(
        self,
        resource_class: Callable[..., Any],
        name: str | None = None,
        init_task_kwargs: Mapping[str, Any] | None = None,
        setup_task_kwargs: Mapping[str, Any] | None = None,
        cleanup_task_kwargs: Mapping[str, Any] | None = None,
    ) -> None:
        self.resource_class = resource_class
        self.name = name or getattr(resource_class, "__name__", "resource")
        self.init_task_kwargs = {"name": self.name, **(init_task_kwargs or {})}
        self.setup_task_kwargs = {"name": f"{self.name}.setup", **(setup_task_kwargs or {})}
        self.cleanup_task_kwargs = {
            "name": f"{self.name}.cleanup",
            "trigger": resource_cleanup_trigger,
            "skip_on_upstream_skip": False,
            **(cleanup_task_kwargs or {}),
        }

    def __call__(self, *args: Any, flow: Flow | None = None, **kwargs: Any) -> ResourceContext:
        flow = flow or context.get("flow")
        if flow is None:
            raise ValueError(
                f"Could not infer an active Flow: use {self.name} inside `with Flow(...)`, or pass "
                "flow=."
            )
        init = ResourceInitTask(self.resource_class, **self.init_task_kwargs)
        setup = ResourceSetupTask(**self.setup_task_kwargs)
        cleanup = ResourceCleanupTask(**self.cleanup_task_kwargs)
        init.bind(*args, flow=flow, **kwargs)
        setup.bind(init, flow=flow)
        cleanup.bind(init, setup, flow=flow)
        return ResourceContext(init, setup, cleanup, flow)


@overload
def resource_manager(resource_class: Callable[..., Any], **kwargs: Any) -> ResourceManager: ...
@overload
def resource_manager(
    resource_class: None = None, **kwargs: Any
) -> Callable[[Callable[..., Any]], ResourceManager]: ...
def resource_manager(resource_class: Callable[..., Any] | None = None, **kwargs: Any) -> Any:
    """Decorates a class with ``__init__``, ``setup()`` (optional) and ``cleanup(resource)``.

    ``with R(args) as resource:`` adds three tasks: the manager is made, the resource is set up,
    and after all tasks of the block, whatever became of them, it is cleaned up. Only the tasks
    inside decide the flow's state. Keywords: name, init_task_kwargs, setup_task_kwargs,
    cleanup_task_kwargs.
    """
    if resource_class is None:
        return lambda resource_class: ResourceManager(resource_class, **kwargs)
    return ResourceManager(resource_class, **kwargs)
