"""Annotations of an argument: how its edge is mapped. They nest, in any order."""

import copy
from typing import Any


class EdgeAnnotation:
    """An argument together with how it is passed. None: as the call says."""

    mapped: bool | None = None
    flattened: bool = False

    def __init__(self, task: Any) -> None:
        if isinstance(task, EdgeAnnotation):
            if self.mapped is None:
                self.mapped = task.mapped
            self.flattened = self.flattened or task.flattened
            task = task.task
        self.task: Any = task

    def around(self, task: Any) -> "EdgeAnnotation":
        """The same annotation, of another task."""
        new = copy.copy(self)
        new.task = task
        return new

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.task!r}>"


class unmapped(EdgeAnnotation):
    """Given whole to every child of a map."""

    mapped = False


class mapped(EdgeAnnotation):
    """Mapped over, one item a child, in an ordinary call."""

    mapped = True


class flatten(EdgeAnnotation):
    """One level of nesting is taken away: of a list of lists, or of what children return."""

    flattened = True
