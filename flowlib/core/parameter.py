"""Parameters: tasks whose value is given when the flow runs."""

from collections.abc import Iterable
from typing import Any

from flowlib.core.task import Task
from flowlib.engine import signals
from flowlib.engine.results.prefect_result import PrefectResult
from flowlib.utilities.context import context


class NoDefault:
    """Stands for a default that was not given; None is a default."""

    def __repr__(self) -> str:
        return "<no default>"


no_default = NoDefault()


class Parameter(Task):
    """A named value of a flow run. It joins a flow when it is used, called or added."""

    def __init__(
        self,
        name: str,
        default: Any = no_default,
        required: bool | None = None,
        tags: Iterable[str] | None = None,
    ) -> None:
        self.required = default is no_default if required is None else required
        self.default = None if default is no_default else default
        # Its value is kept by whoever gives it: nothing is written, even with checkpointing.
        super().__init__(name=name, slug=name, tags=tags, result=PrefectResult(), checkpoint=False)

    def __repr__(self) -> str:
        return f"<Parameter: {self.name}>"

    def __call__(self, flow: Any = None) -> Any:  # type: ignore[override]  # it takes no inputs
        """Adds this parameter to the flow."""
        return self.bind(flow=flow)

    def copy(self, name: str, **task_args: Any) -> Any:  # type: ignore[override]  # a name of its own
        """The same parameter under another name."""
        return super().copy(name=name, slug=name, **task_args)

    def run(self) -> Any:
        """The value given, else the default."""
        given = context.get("parameters", {})
        if self.name in given:
            return given[self.name]
        if self.required:
            raise signals.FAIL(f"Parameter {self.name!r} was required but not provided.")
        return self.default


class DateTimeParameter(Parameter):
    """A point in time: text is parsed, a date converted, to pendulum's DateTime; None stays."""

    def __init__(
        self,
        name: str,
        default: Any = no_default,
        required: bool | None = True,
        tags: Iterable[str] | None = None,
    ) -> None:
        super().__init__(name, default, default is no_default and required, tags)

    def run(self) -> Any:
        return self.cast(super().run())

    def cast(self, value: Any) -> Any:
        """The value as a DateTime; ValueError or TypeError if it is none."""
        import pendulum  # 0.1 s to import, for the few flows that ask

        if value is None:
            return None
        if isinstance(value, str):
            return pendulum.parse(value)
        return pendulum.instance(value)
