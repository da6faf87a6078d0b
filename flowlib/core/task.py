"""Task: a body, and how it wants to be run."""

import copy
import datetime
import inspect
import logging
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self, get_args, get_origin

from flowlib import triggers
from flowlib.configuration import config
from flowlib.core import keeping, signature
from flowlib.core.operators import Operators
from flowlib.utilities.context import context
from flowlib.utilities.edges import EdgeAnnotation
from flowlib.utilities.logging import get_logger
from flowlib.utilities.notifications import callback_factory, is_failed

if TYPE_CHECKING:
    from flowlib.core.flow import Flow
    from flowlib.core.keeping import Validator
    from flowlib.engine.result import Result
    from flowlib.engine.state import State

StateHandler = Callable[["Task", "State", "State"], "State | None"]


class TaskType(type):
    """Makes tasks, and warns of a task that is given to another one's constructor."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if any(isinstance(value, Task) for value in (*args, *kwargs.values())):
            warnings.warn(
                f"A Task was passed as an argument to {cls.__name__}(...), which only makes the "
                f"task. Make it first, with plain values, then call it with tasks: "
                f"{cls.__name__}(...)(task).",
                stacklevel=2,
            )
        return super().__call__(*args, **kwargs)


class Task(Operators, metaclass=TaskType):
    """Subclass it with a ``run`` method, or use the ``task`` decorator.

    Calling a task inside ``with Flow(...)`` adds a bound copy of it to the flow.

    * name: by default that of the class or function. slug: its name in the flow, where no other
      task may have it. tags: a set of texts; ``dask-resource:KEY=N`` asks for a worker's resource.
    * max_retries, retry_delay: how often a failed run is tried again, and after how long; either
      needs the other. retry_on: only for these exceptions. Defaults ``tasks.defaults`` of the
      settings: none.
    * timeout: whole seconds, or a timedelta, after which a run is TimedOut. Default: never.
    * trigger: asked before a run, by default ``all_successful``; skip_on_upstream_skip: whether a
      skip passes on without asking it.
    * result, target, checkpoint: how results are kept; what is there already at the target (a
      template, or a function) is not made again. Written if ``flows.checkpointing`` of the settings
      is on, and checkpoint is not False.
    * cache_for, cache_validator, cache_key: for how long, for which inputs and under which name a
      result is used again by later runs in this process.
    * state_handlers: ``handler(task, old, new)`` at each change of state, which may answer another
      state. on_failure: ``function(task, state)`` at each failure.
    * log_stdout: what a run prints goes to its log. task_run_name: a template, or a function, of a
      name for each run. nout: how many values a run returns, for ``a, b = task()``.

    Raises ValueError or TypeError for what does not fit together, naming the task.
    """

    #: It runs even if it has ended in the run whose states this one begins with.
    reruns = False

    #: It stands among those that decide the flow's state if nothing follows it.
    decides = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "run" in vars(cls) and getattr(cls, "_checks_run_signature", True):
            signature.check(_without_self(cls.run))

    def __init__(
        self,
        name: str | None = None,
        slug: str | None = None,
        tags: Iterable[str] | None = None,
        max_retries: int | None = None,
        retry_delay: datetime.timedelta | None = None,
        retry_on: type[Exception] | Iterable[type[Exception]] | None = None,
        timeout: int | datetime.timedelta | None = None,
        trigger: triggers.Trigger | None = None,
        skip_on_upstream_skip: bool = True,
        cache_for: datetime.timedelta | None = None,
        cache_validator: "Validator | None" = None,
        cache_key: str | None = None,
        checkpoint: bool | None = None,
        state_handlers: Iterable[StateHandler] | None = None,
        on_failure: Callable[["Task", "State"], Any] | None = None,
        log_stdout: bool = False,
        result: "Result | None" = None,
        target: str | Callable[..., str] | None = None,
        task_run_name: str | Callable[..., str] | None = None,
        nout: int | None = None,
    ) -> None:
        if isinstance(tags, str):
            raise TypeError("Tags should be a set of tags, not a string.")
        if state_handlers is not None and not isinstance(state_handlers, (list, tuple, set)):
            raise TypeError("state_handlers should be a sequence of functions.")
        self._warn_of_own_attributes()
        self.name = name or type(self).__name__
        self.slug = slug
        self.tags: set[str] = set(tags or ()) | set(context.get("tags", ()))
        defaults = config.tasks.defaults
        self.max_retries: int = defaults.max_retries if max_retries is None else max_retries
        if retry_delay is None and self.max_retries:
            retry_delay = defaults.retry_delay
        self.retry_delay = _timedelta(retry_delay)
        self.retry_on = _retry_on(retry_on)
        self._check_retries()
        self.trigger: triggers.Trigger = trigger or triggers.all_successful
        self.skip_on_upstream_skip = skip_on_upstream_skip
        self.state_handlers: list[StateHandler] = list(state_handlers or ())
        self.on_failure = on_failure
        self._tell_of_failures()
        self.timeout = keeping.seconds(defaults.timeout if timeout is None else timeout)
        self.log_stdout = log_stdout
        self.task_run_name = task_run_name
        self.cache_for = cache_for
        self.cache_key = cache_key
        self.cache_validator = keeping.validator(cache_for, cache_validator)
        self.checkpoint = checkpoint
        self.target = target
        self.result = keeping.at_target(result, target)
        self.nout = _nout(self.run) if nout is None else nout
        self.auto_generated = False
        if (unused := context.get("unused_tasks")) is not None:
            unused.add(self)

    def _warn_of_own_attributes(self) -> None:
        """A subclass must not set what this constructor is going to set."""
        made = set(vars(self))
        for kind in type(self).__mro__[: type(self).__mro__.index(Task)]:
            made |= set(vars(kind))
        if taken := sorted(made & _OWN_ATTRIBUTES):
            warnings.warn(
                f"{type(self).__name__} sets {', '.join(taken)}, which Task overwrites. Give it to "
                "super().__init__(...) instead, or choose another name.",
                stacklevel=4,
            )

    def _tell_of_failures(self) -> None:
        if self.on_failure is not None:
            self.state_handlers.append(callback_factory(self.on_failure, check=is_failed))

    def _check_retries(self) -> None:
        if self.max_retries > 0 and self.retry_delay is None:
            raise ValueError(f"Task {self.name!r}: max_retries needs a retry_delay.")
        if self.retry_delay is not None and not self.max_retries:
            raise ValueError(f"Task {self.name!r}: retry_delay needs max_retries above 0.")
        if self.retry_on and not self.max_retries:
            raise ValueError(f"Task {self.name!r}: retry_on needs max_retries above 0.")

    if TYPE_CHECKING:
        # To a type checker: any signature, so that a subclass may have its own.
        def run(self, *args: Any, **kwargs: Any) -> Any: ...
    else:

        def run(self):
            """What the task does; a subclass says what."""

    @property
    def logger(self) -> logging.Logger:
        return get_logger(self.name)

    @property
    def __signature__(self) -> inspect.Signature:
        return signature.with_extras(self.run)

    def __repr__(self) -> str:
        return f"<Task: {self.name}>"

    def __iter__(self) -> Iterator["Task"]:
        if self.nout is None:
            raise TypeError(
                f"Task {self.name!r} is not iterable. If it returns several values, say how many: "
                "@task(nout=2)."
            )
        return (self[index] for index in range(self.nout))

    def copy(self, **task_args: Any) -> Self:
        """The same task, with other attributes, and in no flow yet."""
        flow = context.get("flow")
        if flow is not None and self in flow.slugs and flow.all_edges_of(self):
            warnings.warn(
                f"Task {self.name!r} is already in the flow, with dependencies; its copy has none.",
                stacklevel=2,
            )
        new = copy.copy(self)
        for name, value in task_args.items():
            if not hasattr(new, name):
                raise AttributeError(f"{type(self).__name__} has no attribute {name!r}.")
            setattr(new, name, value)
        if new.slug is not None and "slug" not in task_args:
            new.slug = f"{new.slug}-copy"
        new.tags = set(self.tags) | set(task_args.get("tags", ())) | set(context.get("tags", ()))
        new.state_handlers = list(new.state_handlers)
        if "on_failure" in task_args:
            told = callback_factory(self.on_failure, check=is_failed) if self.on_failure else None
            new.state_handlers = [handler for handler in new.state_handlers if handler != told]
            new._tell_of_failures()
        if (unused := context.get("unused_tasks")) is not None:
            unused.discard(self)
            unused.add(new)
        return new

    def __call__(
        self,
        *args: Any,
        mapped: bool = False,
        task_args: Mapping[str, Any] | None = None,
        upstream_tasks: Iterable[Any] | None = None,
        flow: "Flow | None" = None,
        **kwargs: Any,
    ) -> Self:
        """Adds a copy of this task to the flow, with these arguments."""
        new = self.copy(**(task_args or {}))
        return new.bind(*args, mapped=mapped, upstream_tasks=upstream_tasks, flow=flow, **kwargs)

    def bind(
        self,
        *args: Any,
        mapped: bool = False,
        upstream_tasks: Iterable[Any] | None = None,
        flow: "Flow | None" = None,
        **kwargs: Any,
    ) -> Self:
        """Adds this very task to the flow, with these arguments."""
        arguments = signature.bound(self.run, args, kwargs)
        flow = flow or context.get("flow")
        if flow is None:
            raise ValueError(
                f"Could not infer an active Flow for {self!r}: it was called outside of a "
                f"`with Flow(...)` block. To run it here and now, call `{self.name}.run(...)`."
            )
        self.tags |= set(context.get("tags", ()))
        self.set_dependencies(
            flow=flow, upstream_tasks=upstream_tasks, keyword_tasks=arguments, mapped=mapped
        )
        return self

    def map(
        self,
        *args: Any,
        upstream_tasks: Iterable[Any] | None = None,
        flow: "Flow | None" = None,
        task_args: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> Self:
        """Adds a copy of this task that runs once for each item of its arguments."""
        for arg in args:
            if not hasattr(arg, "__getitem__") and not isinstance(arg, (Task, EdgeAnnotation)):
                raise TypeError(
                    f"Cannot map over {arg!r} (in {self!r}): it has no __getitem__. Give every "
                    "child the same value with unmapped(...)."
                )
        new = self.copy(**(task_args or {}))
        return new.bind(*args, mapped=True, upstream_tasks=upstream_tasks, flow=flow, **kwargs)

    def pipe(self, task: Any, /, **kwargs: Any) -> "Task":
        """``a.pipe(b, y=1)`` is ``b(a, y=1)``: this task becomes b's first argument not given.

        ``a.pipe(mapped(b))`` maps b over this task; so do flatten and unmapped pass it on.
        ``a.pipe(flatten)``, of the class, is a itself. Raises TypeError if b has no argument left.
        """
        if isinstance(task, type) and issubclass(task, EdgeAnnotation):
            return self
        passed: Any = self
        if isinstance(task, EdgeAnnotation):
            passed, task = task.around(self), task.task
        name = signature.first_without(task.run, kwargs)
        made: Task = task(**{name: passed}, **kwargs)
        return made

    def inputs(self) -> dict[str, dict[str, Any]]:
        """What run takes, by name: a dict of its ``type`` (or Any), ``default`` (or None) and
        whether it is ``required``.
        """
        return signature.inputs(self.run)

    def outputs(self) -> Any:
        """What run says it returns, or Any."""
        return signature.outputs(self.run)

    def set_dependencies(
        self,
        flow: "Flow | None" = None,
        upstream_tasks: Iterable[Any] | None = None,
        downstream_tasks: Iterable[Any] | None = None,
        keyword_tasks: Mapping[str, Any] | None = None,
        mapped: bool = False,
        validate: bool | None = None,
    ) -> Self:
        """Draws edges to and from this task in the flow, and adds it."""
        flow = flow or context.get("flow")
        if flow is None:
            raise ValueError(f"No Flow was passed, and none is active, for {self!r}.")
        flow.set_dependencies(
            self,
            upstream_tasks=upstream_tasks,
            downstream_tasks=downstream_tasks,
            keyword_tasks=keyword_tasks,
            mapped=mapped,
            validate=validate,
        )
        return self

    def set_upstream(
        self, task: Any, flow: "Flow | None" = None, key: str | None = None, mapped: bool = False
    ) -> Self:
        """This task runs after that one, and takes its result as ``key``."""
        if key is None:
            return self.set_dependencies(flow=flow, upstream_tasks=[task], mapped=mapped)
        return self.set_dependencies(flow=flow, keyword_tasks={key: task}, mapped=mapped)

    def set_downstream(
        self,
        task: "Task",
        flow: "Flow | None" = None,
        key: str | None = None,
        mapped: bool = False,
    ) -> Self:
        """That task runs after this one, and takes its result as ``key``."""
        task.set_upstream(self, flow=flow, key=key, mapped=mapped)
        return self


#: What Task sets on each instance.
_OWN_ATTRIBUTES = frozenset(inspect.signature(Task.__init__).parameters) - {"self"} | {
    "auto_generated"
}


def _without_self(run: Callable[..., Any]) -> Callable[..., Any]:
    """run as an instance has it; the class's run may be a plain function or a static method."""
    return run.__get__(object()) if inspect.isfunction(run) else run


def _timedelta(value: Any) -> datetime.timedelta | None:
    if isinstance(value, (int, float)):
        return datetime.timedelta(seconds=value)
    if value is not None and not isinstance(value, datetime.timedelta):
        raise TypeError(f"retry_delay must be a timedelta, not {value!r}.")
    return value


def _retry_on(value: Any) -> set[type[Exception]] | None:
    if value is None:
        return None
    kinds = set(value) if isinstance(value, Iterable) else {value}
    for kind in kinds:
        if not (isinstance(kind, type) and issubclass(kind, Exception)):
            raise TypeError(f"retry_on takes Exception types, not {kind!r}.")
    return kinds


def _nout(run: Callable[..., Any]) -> int | None:
    """How many values run says it returns, by an annotation ``tuple[int, str]``."""

    annotation = getattr(run, "__annotations__", {}).get("return")
    arguments = get_args(annotation)
    if get_origin(annotation) is tuple and arguments and Ellipsis not in arguments:
        return len(arguments)
    return None
