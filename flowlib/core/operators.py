"""What ``a + b``, ``a[key]``, ``a | b`` and their like mean between tasks."""

from typing import TYPE_CHECKING, Any

from flowlib.utilities.context import context

if TYPE_CHECKING:
    from flowlib.core.task import Task


class Operators:
    """Each operator adds a task of ``flowlib.tasks.core.operators`` to the flow, but for ``|``.

    The other side may be a task or a value. There is no ``==``: two tasks are equal if they are
    one; see is_equal.
    """

    name: str
    checkpoint: bool | None
    result: Any

    def __getitem__(self, key: Any) -> "Task":
        from flowlib.tasks.core.operators import GetItem  # it is a Task

        shown = getattr(key, "name", None) or repr(key)
        made = GetItem(name=f"{self.name}[{shown}]", checkpoint=self.checkpoint, result=self.result)
        return made.bind(task_result=self, key=key)

    def __or__(self, other: Any) -> Any:
        """``a | b``: b runs after a; returns b."""
        _active_flow().add_edge(self, other)
        return other

    def __ror__(self, other: Any) -> Any:
        """``[a, b] | c``: c runs after a and b; returns c."""
        _active_flow().add_edge(other, self)
        return self

    def __add__(self, other: Any) -> "Task":
        return _made("Add", self, other)

    def __radd__(self, other: Any) -> "Task":
        return _made("Add", other, self)

    def __sub__(self, other: Any) -> "Task":
        return _made("Sub", self, other)

    def __rsub__(self, other: Any) -> "Task":
        return _made("Sub", other, self)

    def __mul__(self, other: Any) -> "Task":
        return _made("Mul", self, other)

    def __rmul__(self, other: Any) -> "Task":
        return _made("Mul", other, self)

    def __truediv__(self, other: Any) -> "Task":
        return _made("Div", self, other)

    def __rtruediv__(self, other: Any) -> "Task":
        return _made("Div", other, self)

    def __floordiv__(self, other: Any) -> "Task":
        return _made("FloorDiv", self, other)

    def __rfloordiv__(self, other: Any) -> "Task":
        return _made("FloorDiv", other, self)

    def __mod__(self, other: Any) -> "Task":
        return _made("Mod", self, other)

    def __rmod__(self, other: Any) -> "Task":
        return _made("Mod", other, self)

    def __pow__(self, other: Any) -> "Task":
        return _made("Pow", self, other)

    def __rpow__(self, other: Any) -> "Task":
        return _made("Pow", other, self)

    def __and__(self, other: Any) -> "Task":
        return _made("And", self, other)

    def __rand__(self, other: Any) -> "Task":
        return _made("And", other, self)

    # Python swaps the sides of a comparison by itself: ``1 < a`` asks ``a > 1``.

    def __gt__(self, other: Any) -> "Task":
        return _made("GreaterThan", self, other)

    def __ge__(self, other: Any) -> "Task":
        return _made("GreaterThanOrEqual", self, other)

    def __lt__(self, other: Any) -> "Task":
        return _made("LessThan", self, other)

    def __le__(self, other: Any) -> "Task":
        return _made("LessThanOrEqual", self, other)

    def is_equal(self, other: Any) -> "Task":
        """The task ``self == other``."""
        return _made("Equal", self, other)

    def is_not_equal(self, other: Any) -> "Task":
        """The task ``self != other``."""
        return _made("NotEqual", self, other)

    def or_(self, other: Any) -> "Task":
        """The task ``self or other``."""
        return _made("Or", self, other)

    def not_(self) -> "Task":
        """The task ``not self``."""
        return _made("Not", self)


def _made(kind: str, *sides: Any) -> "Task":
    from flowlib.tasks.core import operators  # they are Tasks

    made: Task = getattr(operators, kind)()
    return made.bind(*sides)


def _active_flow() -> Any:
    flow = context.get("flow")
    if flow is None:
        raise ValueError("Tasks are chained inside a `with Flow(...)` block.")
    return flow
