"""Random flows: every shape of the contract, with bodies that do one thing each."""

import datetime
import random
import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flowlib import (
    Flow,
    Parameter,
    Task,
    apply_map,
    case,
    context,
    flatten,
    mapped,
    resource_manager,
    triggers,
    unmapped,
)
from flowlib.engine import signals
from flowlib.engine.state import State, Success
from flowlib.tasks.control_flow import FilterTask, ifelse, merge, switch


@dataclass
class Traces:
    """What bodies and handlers did, by run and by task run. Filled from any thread."""

    calls: dict[str, Counter[tuple[str, int | None]]] = field(
        default_factory=lambda: defaultdict(Counter)
    )
    changes: dict[str, dict[tuple[str, int | None], list[tuple[str, str]]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    lock: threading.Lock = field(default_factory=threading.Lock)

    def called(self) -> None:
        with self.lock:
            self.calls[context.run][(context.task_slug, context.map_index)] += 1

    def changed(self, old: State, new: State) -> None:
        key = (context.task_slug, context.map_index)
        with self.lock:
            self.changes[context.run][key].append((type(old).__name__, type(new).__name__))

    def forget(self, *runs: str) -> None:
        for run in runs:
            self.calls.pop(run, None)
            self.changes.pop(run, None)


TRACES = Traces()


def digest(value: Any) -> int:
    """A small number that tells values apart, whatever they are."""
    if isinstance(value, (list, tuple)):
        total = 7
        for item in value:
            total = (total * 31 + digest(item)) % 1009
        return total
    if isinstance(value, dict):
        return digest(sorted((repr(key), digest(item)) for key, item in value.items()))
    return sum(map(ord, f"{type(value).__name__}{value}")) % 1009


# Bodies: of what they are given they make a number, and of that a value or an end.


def number(x: int) -> Any:
    return x


def numbers(x: int) -> Any:
    return [(x + place) % 11 for place in range(x % 4)]


def many(x: int) -> Any:
    return [(x + place) % 11 for place in range(8 + x % 8)]


def lists(x: int) -> Any:
    return [numbers(x + place) for place in range(x % 4)]


def mixed(x: int) -> Any:
    return [[x], x, "ab", None][: x % 5]


def nothing(x: int) -> Any:
    return None


def text(x: int) -> Any:
    return "abc"[: x % 4]


def table(x: int) -> Any:
    return dict.fromkeys(range(x % 3), x)


def unready(x: int) -> Any:
    """A table that cannot be mapped over."""
    return {"k": x} if x % 3 == 0 else numbers(x)


def truth(x: int) -> Any:
    return x % 2 == 0


def fails(x: int) -> Any:
    raise ValueError(x)


def fails_at_times(x: int) -> Any:
    if x % 3 == 0:
        raise ValueError(x)
    return x


def flaky(x: int) -> Any:
    if context.task_run_count <= x % 3:
        raise KeyError(x) if x % 2 else ValueError(x)
    return [x, context.task_run_count]


def skips_at_times(x: int) -> Any:
    if x % 3 == 0:
        raise signals.SKIP(f"skip {x}")
    if x % 3 == 1:
        raise signals.SKIP(f"skip {x}", result=[x])
    return x


def signals_fail(x: int) -> Any:
    kind = [signals.FAIL, signals.VALIDATIONFAIL, signals.TRIGGERFAIL][x % 3]
    if x % 2:
        raise kind(f"fail {x}", result=[x])
    raise kind(f"fail {x}")


def signals_success(x: int) -> Any:
    if x % 2:
        raise signals.SUCCESS(f"success {x}", result=numbers(x))
    raise signals.SUCCESS(f"success {x}")


def asks_again(x: int) -> Any:
    if context.task_run_count <= x % 3:
        raise signals.RETRY(f"again {x}")
    return context.task_run_count


def loops(x: int) -> Any:
    count = context.get("task_loop_count", 1)
    if count <= x % 4:
        raise signals.LOOP(f"round {count}", result=(context.get("task_loop_result") or 0) + x)
    return [count, context.get("task_loop_result")]


def loops_and_fails(x: int) -> Any:
    count = context.get("task_loop_count", 1)
    if count == 2 and context.task_run_count <= x % 3:
        raise ValueError(f"in round {count}")
    if count < 3:
        raise signals.LOOP(result=[x, count])
    return [context.task_loop_result, context.task_run_count]


def pauses(x: int) -> Any:
    if x % 2:
        raise signals.PAUSE(f"pause {x}")
    return x


COMMON: list[Callable[[int], Any]] = [number, number, numbers, numbers, lists, fails_at_times]
MANY = list(range(9))

BODIES: list[Callable[[int], Any]] = [
    *COMMON,
    many,
    mixed,
    nothing,
    text,
    table,
    truth,
    fails,
    flaky,
    skips_at_times,
    signals_fail,
    signals_success,
    asks_again,
    loops,
    loops_and_fails,
]
RARE: list[Callable[[int], Any]] = [unready, pauses]

TRIGGERS: list[Any] = [
    triggers.all_successful,
    triggers.all_successful,
    triggers.all_successful,
    triggers.all_finished,
    triggers.all_failed,
    triggers.any_successful,
    triggers.any_failed,
    triggers.not_all_skipped,
    triggers.some_failed(at_least=1),
    triggers.some_successful(at_least=0.5, at_most=3),
]


def refuses(upstream_states: Any) -> bool:
    return False


def breaks(upstream_states: Any) -> bool:
    raise OSError("a trigger that breaks")


def by_name(upstream_states: Any) -> bool:
    """A trigger that looks at edges, too."""
    return all(s.is_successful() for edge, s in upstream_states.items() if edge.key is not None)


# Handlers


def traces(task: Task, old: State, new: State) -> None:
    TRACES.changed(old, new)


def rescues(task: Task, old: State, new: State) -> State | None:
    return Success("rescued", result=[1, 2]) if new.is_failed() else None


def breaks_at_the_end(task: Task, old: State, new: State) -> None:
    if new.is_finished():
        raise OSError("a handler that breaks")


def fails_by_signal(task: Task, old: State, new: State) -> None:
    if new.is_successful() and not new.is_mapped():
        raise signals.FAIL("not good enough")


def mood() -> int:
    """What a body adds each time that it runs; a test may have it differ."""
    return 0


class Step(Task):
    """One task: a body, and what it adds to the number that it makes of its arguments."""

    def __init__(self, body: Callable[[int], Any], seed: int, **task_args: Any) -> None:
        self.body = body
        self.seed = seed
        super().__init__(name=body.__name__, **task_args)

    def run(self, **arguments: Any) -> Any:
        TRACES.called()
        total = self.seed + mood()
        for key in sorted(arguments):
            total = (total * 31 + digest(arguments[key])) % 1009
        return self.body(total)


@resource_manager
class Resource:
    """Breaks where it is told to."""

    def __init__(self, x: Any) -> None:
        self.x = digest(x) % 6
        if self.x == 0:
            raise ValueError("init")

    def __repr__(self) -> str:
        return f"Resource({self.x})"

    def setup(self) -> Any:
        if self.x == 1:
            raise ValueError("setup")
        if self.x == 2:
            raise signals.SKIP("setup")
        return self.x

    def cleanup(self, resource: Any) -> None:
        if self.x == 3:
            raise ValueError("cleanup")


class Maker:
    """Makes one flow of what a random generator answers."""

    def __init__(self, rnd: random.Random, *, rare: bool) -> None:
        self._rnd = rnd
        self._rare = rare
        self._tasks: list[Any] = []

    def flow(self) -> tuple[Flow, dict[str, Any]]:
        parameters: dict[str, Any] = {}
        with Flow("random") as flow:
            if self._often(3):
                parameters["p"] = self._constant()
                self._tasks.append(Parameter("p", default=[1, 2])())
            for _ in range(self._rnd.randint(1, 8)):
                self._add()
        if self._often(4):
            chosen = [task for task in flow.sorted_tasks() if self._often(3)]
            flow.set_reference_tasks(chosen)
        return flow, parameters if self._often(2) else {}

    def _often(self, one_in: int) -> bool:
        return self._rnd.randint(1, one_in) == 1

    def _add(self, depth: int = 0) -> None:
        kind = self._rnd.randint(1, 20)
        if depth < 2 and kind == 20:
            self._case(depth)
        elif depth < 2 and kind == 19:
            with Resource(self._argument()) as resource:
                self._tasks.append(resource)
                for _ in range(self._rnd.randint(0, 2)):
                    self._add(depth + 1)
        elif kind == 18 and self._tasks:
            self._branch()
        elif kind == 17 and self._tasks:
            self._applied()
        elif kind == 16 and self._tasks:
            self._tasks.append(FilterTask()(self._task()))
        elif kind == 15 and self._tasks:
            self._tasks.append(self._task()[self._rnd.randint(0, 1)])
        else:
            self._tasks.append(self._step())

    def _case(self, depth: int) -> None:
        before = len(self._tasks)
        condition = self._argument()
        with case(condition, self._rnd.choice([True, False, 1, None])):
            for _ in range(self._rnd.randint(1, 2)):
                self._add(depth + 1)
        one = self._tasks[-1]
        with case(condition, self._rnd.choice([True, False])):
            self._add(depth + 1)
        if len(self._tasks) > before + 1:
            self._tasks.append(merge(one, self._tasks[-1]))

    def _branch(self) -> None:
        one, two = self._step(), self._step()
        if self._often(2):
            switch(self._argument(), {True: one, False: two})
        else:
            ifelse(self._argument(), one, two if self._often(2) else None)
        self._tasks += [one, two]
        if self._often(2):
            self._tasks.append(merge(one, two, *([self._constant()] if self._often(3) else [])))

    def _applied(self) -> None:
        def build(x: Any, y: Any) -> Any:
            with case(Step(truth, 1)(a=x), True):
                inner = Step(self._rnd.choice(COMMON), 2)(a=x, b=y)
            return merge(inner, x) if self._often(2) else inner

        given = self._task() if self._often(2) else [1, 2, 3]
        self._tasks.append(apply_map(build, given, unmapped(self._argument())))

    def _task(self) -> Any:
        return self._rnd.choice(self._tasks)

    def _constant(self) -> Any:
        return self._rnd.choice([[1, 2, 3], [], [[1], [2, 3]], 5, None, "ab", [0], [[], [4]], MANY])

    def _argument(self) -> Any:
        """A task, a value, or a collection of both."""
        if not self._tasks or self._often(5):
            return self._constant()
        if self._often(8):
            return [self._task(), self._constant()]
        return self._task()

    def _annotated(self, value: Any, *, in_map: bool) -> Any:
        kind = self._rnd.randint(1, 6)
        if kind == 1:
            return flatten(value)
        if kind == 2:
            return unmapped(value) if in_map else mapped(value) if self._often(3) else value
        if kind == 3 and self._often(3):
            return flatten(unmapped(value))
        return value

    def _step(self) -> Task:
        bodies = [*BODIES, *RARE] if self._rare and self._often(10) else BODIES
        body = self._rnd.choice(bodies if self._often(2) else COMMON)
        task = Step(body, self._rnd.randint(0, 50), **self._options())
        in_map = bool(self._tasks) and self._often(2)
        arguments = {
            key: self._annotated(self._argument(), in_map=in_map)
            for key in "abc"[: self._rnd.choice([0, 1, 1, 1, 2, 2, 3])]
        }
        upstreams = [
            self._annotated(self._task(), in_map=in_map)
            for _ in range(self._often(5) if self._tasks else 0)
        ]
        return task(**arguments, mapped=in_map, upstream_tasks=upstreams)

    def _options(self) -> dict[str, Any]:
        options: dict[str, Any] = {}
        if self._often(3):
            options["trigger"] = self._rnd.choice(TRIGGERS)
        elif self._rare and self._often(20):
            options["trigger"] = self._rnd.choice([refuses, breaks, by_name, triggers.manual_only])
        if self._often(3):
            options["skip_on_upstream_skip"] = False
        if self._often(3):
            options["max_retries"] = self._rnd.randint(1, 3)
            delay = self._rnd.choice([0, 0, 0, 1])
            options["retry_delay"] = datetime.timedelta(milliseconds=delay)
            if self._often(4):
                options["retry_on"] = self._rnd.choice([ValueError, KeyError, (OSError, KeyError)])
        handlers: list[Any] = []
        if self._often(8):
            handlers.append(self._rnd.choice([rescues, breaks_at_the_end, fails_by_signal]))
        if self._often(3):
            handlers.append(traces)
        if handlers:
            options["state_handlers"] = handlers
        return options


def random_flow(rnd: random.Random, *, rare: bool = True) -> tuple[Flow, dict[str, Any]]:
    """A flow, and parameters to run it with."""
    return Maker(rnd, rare=rare).flow()


USUAL = {
    "trigger": triggers.all_successful,
    "skip_on_upstream_skip": True,
    "max_retries": 0,
    "retry_on": None,
    "seed": None,
}


def described(flow: Flow) -> str:
    """The flow in a few lines, for whoever must find out why it ends differently."""
    lines = []
    for task in flow.sorted_tasks():
        given = [f"{key}={value!r}" for key, value in flow.constants[task].items()]
        for edge in flow.edges_to(task):
            how = "".join([" mapped" * edge.mapped, " flattened" * edge.flattened])
            given.append(f"{edge.key}=<{flow.slugs[edge.upstream_task]}>{how}")
        told = {
            name: value
            for name in USUAL
            if (value := getattr(task, name, None)) is not USUAL.get(name)
        }
        handlers = [getattr(handler, "__name__", "?") for handler in task.state_handlers]
        lines.append(
            f"{flow.slugs[task]}({', '.join(sorted(given))}) {told or ''} {handlers or ''}"
        )
    reference = sorted(flow.slugs[task] for task in flow.reference_tasks())
    return "\n".join([*lines, f"reference: {reference}"])
