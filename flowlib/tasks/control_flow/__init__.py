"""Tasks that choose which other tasks run."""

from flowlib.tasks.control_flow.case import case
from flowlib.tasks.control_flow.conditional import CompareValue, Merge, ifelse, merge, switch
from flowlib.tasks.control_flow.filter import FilterTask

__all__ = ["CompareValue", "FilterTask", "Merge", "case", "ifelse", "merge", "switch"]
