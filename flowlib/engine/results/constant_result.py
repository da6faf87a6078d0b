"""ConstantResult: a value that stands in the code, and need be kept nowhere."""

from typing import Any, Self

from flowlib.engine.result import Result


class ConstantResult(Result):
    """It is always there; writing raises ValueError."""

    writes = False

    def __init__(self, value: Any = None, **kwargs: Any) -> None:
        super().__init__(value, **kwargs)

    def read(self, location: str) -> Self:
        return self

    def write(self, value_: Any, **values: Any) -> Self:
        raise ValueError("A ConstantResult cannot be written: its value stands in the code.")

    def exists(self, location: str, **values: Any) -> bool:
        return True
