"""What is declared: tasks, parameters, edges, and the flow that holds them."""

from flowlib.core.edge import Edge
from flowlib.core.flow import Flow
from flowlib.core.parameter import DateTimeParameter, Parameter
from flowlib.core.task import Task

__all__ = ["DateTimeParameter", "Edge", "Flow", "Parameter", "Task"]
