"""Operators between tasks, as tasks: each named after its class."""

import operator
from typing import Any

from flowlib.core.task import Task
from flowlib.utilities.tasks import defaults_from_attrs


class _NoDefault:
    """Stands for a default that was not given; None is a default."""

    def __repr__(self) -> str:
        return "<no default>"


no_default: Any = _NoDefault()


class GetItem(Task):
    """``task[key]``; with a default, that where there is no such item."""

    def __init__(self, default: Any = no_default, **task_args: Any) -> None:
        self.default = default
        super().__init__(**task_args)

    @defaults_from_attrs("default")
    def run(self, task_result: Any, key: Any, default: Any = no_default) -> Any:
        try:
            return task_result[key]
        except LookupError:
            if isinstance(default, _NoDefault):
                raise
            return default


class GetAttr(Task):
    """An attribute, or with dots one of one: ``GetAttr()(task, "a.b")``; a default as GetItem."""

    def __init__(self, default: Any = no_default, **task_args: Any) -> None:
        self.default = default
        super().__init__(**task_args)

    @defaults_from_attrs("default")
    def run(self, task_result: Any, attr: str, default: Any = no_default) -> Any:
        try:
            return operator.attrgetter(attr)(task_result)
        except AttributeError:
            if isinstance(default, _NoDefault):
                raise
            return default


class Add(Task):
    """``x + y``"""

    def run(self, x: Any, y: Any) -> Any:
        return x + y


class Sub(Task):
    """``x - y``"""

    def run(self, x: Any, y: Any) -> Any:
        return x - y


class Mul(Task):
    """``x * y``"""

    def run(self, x: Any, y: Any) -> Any:
        return x * y


class Div(Task):
    """``x / y``"""

    def run(self, x: Any, y: Any) -> Any:
        return x / y


class FloorDiv(Task):
    """``x // y``"""

    def run(self, x: Any, y: Any) -> Any:
        return x // y


class Mod(Task):
    """``x % y``"""

    def run(self, x: Any, y: Any) -> Any:
        return x % y


class Pow(Task):
    """``x ** y``"""

    def run(self, x: Any, y: Any) -> Any:
        return x**y


class And(Task):
    """``x & y`` between tasks: x and y"""

    def run(self, x: Any, y: Any) -> Any:
        return x and y


class Or(Task):
    """``x.or_(y)``: x or y"""

    def run(self, x: Any, y: Any) -> Any:
        return x or y


class Not(Task):
    """``x.not_()``: not x"""

    def run(self, x: Any) -> bool:
        return not x


class Equal(Task):
    """``x.is_equal(y)``: x == y"""

    def run(self, x: Any, y: Any) -> Any:
        return x == y


class NotEqual(Task):
    """``x.is_not_equal(y)``: x != y"""

    def run(self, x: Any, y: Any) -> Any:
        return x != y


class GreaterThan(Task):
    """``x > y``"""

    def run(self, x: Any, y: Any) -> Any:
        return x > y


class GreaterThanOrEqual(Task):
    """``x >= y``"""

    def run(self, x: Any, y: Any) -> Any:
        return x >= y


class LessThan(Task):
    """``x < y``"""

    def run(self, x: Any, y: Any) -> Any:
        return x < y


class LessThanOrEqual(Task):
    """``x <= y``"""

    def run(self, x: Any, y: Any) -> Any:
        return x <= y
