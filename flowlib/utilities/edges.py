"""Annotations of an argument: how its edge is mapped."""

from typing import Any


class EdgeAnnotation:
    """An argument together with how it is passed."""

    mapped = False

    def __init__(self, task: Any) -> None:
        self.task: Any = task.task if isinstance(task, EdgeAnnotation) else task


class unmapped(EdgeAnnotation):
    """Given whole to every child of a map."""


class mapped(EdgeAnnotation):
    """Mapped over, one item a child, in an ordinary call."""

    mapped = True
