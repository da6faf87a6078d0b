"""Flow: tasks, the edges between them, and how the whole is run."""

import copy
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from flowlib import gone
from flowlib.core import saving, visualization
from flowlib.core.edge import Edge
from flowlib.core.task import Task
from flowlib.core.task_graph import TaskGraph
from flowlib.tasks.core.constants import Constant
from flowlib.utilities.context import context
from flowlib.utilities.notifications import callback_factory, is_failed

if TYPE_CHECKING:
    from flowlib.engine.result import Result
    from flowlib.engine.state import State

FlowStateHandler = Callable[["Flow", "State", "State"], "State | None"]
TerminalStateHandler = Callable[["Flow", "State", "set[State]"], "State | None"]


class Flow(TaskGraph):
    """A graph of tasks. ``with Flow("name") as flow:`` collects the tasks called inside.

    A flow holds no state of its runs: it can be run many times, also at once.
    """

    def __init__(
        self,
        name: str,
        schedule: Any = None,
        executor: Any = None,
        run_config: Any = None,
        storage: Any = None,
        tasks: Iterable[Task] | None = None,
        edges: Iterable[Edge] | None = None,
        reference_tasks: Iterable[Task] | None = None,
        state_handlers: Iterable[FlowStateHandler] | None = None,
        on_failure: Callable[["Flow", "State"], Any] | None = None,
        validate: bool | None = None,
        result: "Result | None" = None,
        terminal_state_handler: TerminalStateHandler | None = None,
    ) -> None:
        if not name:
            raise ValueError("A flow needs a name.")
        self.name = name
        self.schedule = schedule
        self.executor = executor
        self.run_config = run_config
        self.storage = storage
        #: How results of tasks are kept that have no Result of their own.
        self.result = result
        self.state_handlers: list[FlowStateHandler] = list(state_handlers or ())
        self.on_failure = on_failure
        if on_failure is not None:
            self.state_handlers.append(callback_factory(on_failure, check=is_failed))
        self.terminal_state_handler = terminal_state_handler
        super().__init__()
        self._entered: list[ExitStack] = []
        for task in tasks or ():
            self.add_task(task)
        for edge in edges or ():
            self._add(edge)
        self.set_reference_tasks(reference_tasks or ())
        if validate:
            self.validate()

    def __repr__(self) -> str:
        return f'<Flow: name="{self.name}">'

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Flow) and (
            (self.name, self.tasks, self.edges, self.reference_tasks())
            == (other.name, other.tasks, other.edges, other.reference_tasks())
        )

    # Equal flows are still different members of a set of flows: each can change.
    __hash__ = object.__hash__

    def __iter__(self) -> Iterator[Task]:
        return iter(self.sorted_tasks())

    def __enter__(self) -> Self:
        stack = ExitStack()
        unused: set[Task] = set()
        stack.enter_context(context(flow=self, unused_tasks=unused))
        stack.callback(self._warn_of, unused)
        self._entered.append(stack)
        return self

    def __exit__(self, kind: type[BaseException] | None, *details: Any) -> None:
        stack = self._entered.pop()
        if kind is not None:
            context["unused_tasks"].clear()
        stack.close()

    def _warn_of(self, unused: set[Task]) -> None:
        forgotten = [task for task in unused if not isinstance(task, Constant)]
        if forgotten:
            names = ", ".join(sorted(task.name for task in forgotten))
            warnings.warn(
                f"Tasks were created but not added to the flow: {names}. Call them, as in "
                "`my_task()`, inside the `with Flow(...)` block.",
                stacklevel=3,
            )

    def copy(self) -> Self:
        """A flow of the same tasks, to which others can be added."""
        new = copy.copy(self)
        for name in ("slugs", "_taken", "_numbers", "state_handlers"):
            setattr(new, name, copy.copy(getattr(self, name)))
        new.constants = {task: dict(values) for task, values in self.constants.items()}
        new._edges_to = {task: dict(edges) for task, edges in self._edges_to.items()}
        new._edges_from = {task: dict(edges) for task, edges in self._edges_from.items()}
        new._entered = []
        return new

    # How it is run

    def run(
        self,
        parameters: Mapping[str, Any] | None = None,
        run_on_schedule: bool | None = None,
        runner_cls: None = None,
        **kwargs: Any,
    ) -> "State | None":
        """Runs the flow and returns its final state; never raises for what tasks do.

        Keywords: ``executor`` (by default the flow's, else the configured one), ``context`` and
        ``task_contexts`` (more names for the context of all tasks, or of single ones), ``state``
        and ``task_states`` (in which the flow and its tasks begin, as another run left them: what
        has ended is not run again), ``flow_run_id``, ``flow_run_name``, ``results`` (the URL of a
        folder, reached by fsspec from here and from wherever tasks run: what has succeeded is kept
        there, and the next run with this URL takes it over; removed when the flow has succeeded,
        unless ``keep_results=True``), and parameters by name. ``state.result``
        is ``{task: state}`` for every task.

        Raises ValueError for parameters that are missing or that the flow does not have and for a
        runner_cls, TypeError for other keywords, RuntimeError inside the flow's own ``with`` block.
        """
        if runner_cls is not None:
            raise ValueError(
                f"flow.run() got runner_cls={runner_cls!r}, but there is one way to run a flow. "
                "Change what happens by state handlers or terminal_state_handler, and where by "
                "executor=."
            )
        if context.get("loading_flow"):
            warnings.warn(
                f"flow.run() of {self.name!r} is ignored while the flow is being loaded.",
                stacklevel=2,
            )
            return None
        from flowlib.engine.flow_run import run_declared  # what runs is not needed to declare

        return run_declared(self, dict(parameters or {}), run_on_schedule, kwargs)

    def visualize(
        self,
        flow_state: "State | None" = None,
        filename: str | None = None,
        format: str | None = None,
        horizontal: bool = False,
    ) -> Any:
        """The flow as a graphviz.Digraph: written to ``filename``, else shown.

        With a flow run's state every task has the colour of its state, and mapped ones are drawn
        child by child. ImportError where the graphviz package is missing.
        """
        graph = visualization.digraph(self, flow_state, horizontal=horizontal)
        visualization.render(graph, filename, format)
        return graph

    def save(self, fpath: str | Path | None = None) -> str:
        """Writes the flow by cloudpickle and answers where.

        By default to ``<home_dir>/flows/<name>.prefect``.
        """
        return saving.save(self, fpath)

    @staticmethod
    def load(fpath: str | Path) -> "Flow":
        """The flow saved at this path, or under this name.

        FileNotFoundError, or TypeError where the file holds no flow.
        """
        return saving.load(fpath)

    def __getattr__(self, name: str) -> Any:
        # Called for what is not there.
        if name in gone.METHODS:
            raise AttributeError(gone.explained(f"Flow.{name}", gone.METHODS[name]))
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def register(self, *args: Any, **kwargs: Any) -> None:
        """There is no server to register with: a FlowRun names the flow's file or module."""
        if context.get("loading_flow"):
            warnings.warn(
                f"flow.register() of {self.name!r} is ignored while the flow is being loaded.",
                stacklevel=2,
            )
            return
        raise NotImplementedError(
            "flowlib has no server to register flows with. Create a FlowRun whose "
            "spec.flow.entrypoint names this flow's file or module."
        )
