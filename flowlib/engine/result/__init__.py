"""Result: a value, and how and where it is kept."""

from flowlib.engine.result.base import NoResult, NoResultType, Result, ResultNotImplementedError

__all__ = ["NoResult", "NoResultType", "Result", "ResultNotImplementedError"]
