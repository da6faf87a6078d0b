"""What flowlib raises besides Python's own exceptions."""


class PrefectException(Exception):
    """Base of flowlib's own errors."""


class PrefectSignal(BaseException):
    """Base of the signals a task raises to choose its state; ``except Exception`` misses them."""


class TaskTimeoutSignal(PrefectSignal):
    """Raised inside a task that has run longer than its timeout, and that state's result."""


class InvalidGraph(PrefectException, ValueError):
    """The flow's edges do not make a graph that can be run."""


class ResultNotGathered(PrefectException):
    """The result is too large to have been brought here, and stayed on the workers."""
